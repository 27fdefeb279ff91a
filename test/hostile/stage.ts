import { fromBase64url } from '../../src/base/bytes.ts';
import { identityOf } from '../../src/consent/messages/key-schedule.ts';
import { hpkeKeyHash, suiteName } from '../../src/consent/messages/seal.ts';
import type { HostSession } from '../../src/web/host/session.ts';
import {
  callerOf,
  createRoom,
  hears,
  legOf,
  opensWithAnyKey,
  talk,
  type Bridged,
  type Flight,
  type Person,
  type Room,
  type Tamper,
  type Voice,
} from '../support/consent-room.ts';
import { settled } from '../support/consent-settle.ts';

/**
 * The meeting that every case is played in: a host, two members and a bridge with one caller, all with the product's own
 * code, on a server that does what the case says. Whatever is done to them, the rules below are checked all along.
 */
export interface Stage {
  readonly room: Room;
  /** The people may be replaced: by themselves after a reload, or by a newcomer. */
  host: Host;
  ann: Person;
  bob: Person;
  readonly bridge: Bridged;
  /** What was broken, in words; empty at the end of a case that passes. */
  readonly broken: string[];
  /** The server's behaviour from now on; without one it is honest. */
  server(tamper?: Tamper): void;
  /** Whether a caller came to be asked for. */
  ask(caller?: string): Promise<boolean>;
  approve(): Promise<boolean>;
  revoke(): Promise<void>;
  /** Lets time pass, and looks at the rules in between. */
  pass(ms: number): Promise<void>;
  /** The last packet of a type as its sender sent it. */
  last(type: string): Flight;
}

export const honest: Tamper = (flight) => [flight.bytes];

type Host = Person & { readonly session: HostSession };

/** Drops what fits. */
export const without =
  (drop: (flight: Flight & { readonly to: string }) => boolean): Tamper =>
  (flight) =>
    drop(flight) ? [] : [flight.bytes];

/** Long enough for whoever hears nothing of a live host to stop by himself (docs/protocol.md §8), and for a lock-out. */
export const untilSilentMs = 13_000;

export async function createStage(early?: (room: Room) => Tamper): Promise<Stage> {
  const room = await createRoom();
  if (early !== undefined) room.server.tamper = early(room);
  const host = await room.host();
  const ann = await room.member('Ann');
  const bob = await room.member('Bob');
  const bridge = await room.bridge('phone');
  const broken: string[] = [];
  const past: Buffer[] = [];
  let clicked = false;
  /** From when on nothing that anybody says may open with a key of the bridge's; null: it holds a granted key. */
  let deafFromMs: number | null = 0;

  const rules = async (): Promise<void> => {
    const say = (what: string): void => {
      if (!broken.includes(what)) broken.push(what);
    };
    if (!clicked && bridge.held.length > 0) say('the bridge got a key that nobody gave it');
    const deaf = deafFromMs !== null && room.clock.monoMs() >= deafFromMs;
    const people: readonly Voice[] = [stage.host, stage.ann, stage.bob];
    for (const person of people) {
      for (const frame of talk(person)) {
        if (frame.includes('words of')) say('a member spoke in the clear');
        if (!clicked) past.push(frame);
        if (deaf && (await opensWithAnyKey(bridge, frame))) say('the bridge can open what it may not hear');
      }
    }
    for (const frame of talk(bridge)) {
      if (frame.includes('words of')) say('the bridge spoke in the clear');
      if (deaf && people.some((p) => p.ring.open(bridge.identity, Buffer.from(frame)).ok)) {
        say('a member hears a bridge that is not let in');
      }
    }
    if (await sealedElsewhere(room, bridge.identity))
      say('a key was sealed to somebody who is not its recipient');
    const suite = stage.host.session.view.prompt?.suite ?? suiteName;
    if (suite !== suiteName) say('the prompt names a weaker seal');
  };
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 1_000) {
      await room.pass(Math.min(1_000, left));
      await rules();
    }
  };
  const stage: Stage = {
    room,
    host,
    ann,
    bob,
    bridge,
    broken,
    pass,
    server: (tamper = honest) => void (room.server.tamper = tamper),
    async ask(caller = '1') {
      bridge.engine.callersWaiting([callerOf(caller)]);
      await settled();
      await pass(1_000);
      return stage.host.session.view.prompt !== null;
    },
    async approve() {
      // The button is dead until the connector has proven its ledger, which a bad server may keep from the host.
      const live = (): boolean =>
        room.clock.monoMs() >= (stage.host.session.view.prompt?.liveFromMonoMs ?? Infinity);
      for (let i = 0; i < 20 && stage.host.session.view.prompt !== null && !live(); i += 1) await pass(1_000);
      const { prompt } = stage.host.session.view;
      if (prompt === null || !live()) return false;
      await rules();
      clicked = true;
      deafFromMs = null;
      await stage.host.session.approve(prompt.requestHash);
      await settled();
      // Kept ciphertext of before the click: a grant opens no past.
      for (const frame of past) {
        if (await opensWithAnyKey(bridge, frame)) broken.push('the grant opens what was said before it');
      }
      return true;
    },
    async revoke() {
      const card = stage.host.session.view.bridges.find((b) => ['granted', 'holds-key'].includes(b.state));
      deafFromMs = room.clock.monoMs() + untilSilentMs;
      if (card !== undefined) await stage.host.session.revoke(card.thumbprint);
      await settled();
    },
    last(type) {
      const found = room.server.log.findLast((flight) => flight.message?.type === type);
      if (found === undefined) throw new Error(`nobody sent a ${type}`);
      return found;
    },
  };
  await pass(2_500);
  return stage;
}

/**
 * Whether any seal that the host made is to a key other than one that its recipient itself announced. The log holds packets as
 * they were sent, before the server changed them.
 */
async function sealedElsewhere(room: Room, bridge: string): Promise<boolean> {
  const owners = new Map<string, string>();
  for (const { from, message } of room.server.log) {
    // The host shows requests of a bridge to newcomers: those count for who signed them, not for who passed them on.
    if (message === null || !('hpke' in message.payload) || identityOf(message.payload.join) !== from)
      continue;
    const key = fromBase64url(message.payload.hpke);
    if (key !== null) owners.set(await hpkeKeyHash(key), from);
  }
  return room.server.log.some(({ to, message }) => {
    if (message?.type === 'welcome') {
      const owner = owners.get(message.payload.kem);
      return owner !== to || owner === bridge;
    }
    return (
      (message?.type === 'grant' || message?.type === 'rekey') && owners.get(message.payload.kem) !== bridge
    );
  });
}

/** What each party sees and hears, in the words that the table has. */
export interface Seen {
  readonly host: string;
  readonly members: string;
  readonly connector: string;
}

export function seen({ host, ann, bob, bridge, room }: Stage): Seen {
  const names = new Map<Voice, string>([
    [host, 'host'],
    [ann, 'Ann'],
    [bob, 'Bob'],
    [bridge, 'phone'],
  ]);
  // The gate stands before the cryptor: behind a shut one keys that are still there are of no use.
  const passes = (voice: Voice): boolean => voice !== bridge || bridge.engine.isAdmitted(legOf('1'));
  const heard = (ear: Voice, others: readonly Voice[]): string => {
    const whom = others.filter((voice) => passes(ear) && passes(voice) && hears(ear, voice));
    return `hears ${whom.map((voice) => names.get(voice)).join(', ') || 'nobody'}`;
  };
  const person = (who: Person): string => {
    const { view } = who.session;
    const lost = view.role === 'member' && !view.hostPresent ? ['host lost'] : [];
    const card = view.bridges[0]?.state;
    const others = [...names.keys()].filter((voice) => voice !== who);
    return [
      ...lost,
      card === undefined ? 'no bridge' : `bridge ${card}`,
      ...(view.prompt === null ? [] : ['asked']),
      heard(who, others),
      ...alarms(view.alarms.map((a) => a.what)),
    ].join('; ');
  };
  const [ofAnn, ofBob] = [person(ann), person(bob)];
  const alike = ofAnn.replace(/\bBob\b/, 'the other') === ofBob.replace(/\bAnn\b/, 'the other');
  return {
    host: person(host),
    members: alike ? `each ${ofAnn.replace(/\bBob\b/, 'the other')}` : `Ann: ${ofAnn}. Bob: ${ofBob}`,
    connector: [gateOf(room, bridge), heard(bridge, [host, ann, bob]), ...toldAlarms(room)].join('; '),
  };
}

function gateOf(room: Room, bridge: Bridged): string {
  if (bridge.engine.open) return 'gate open';
  const last = room.facts.findLast((f) => f.kind === 'gate-closed' || f.kind === 'legs-admitted');
  if (last === undefined) return 'gate never opened';
  return last.kind === 'gate-closed' ? `gate closed (${last.reason})` : 'gate muted';
}

const toldAlarms = (room: Room): string[] =>
  alarms(room.facts.flatMap((f) => (f.kind === 'alarm' ? [f.what] : [])));

const alarms = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`alarm ${[...new Set(names)].sort().join(', ')}`];
