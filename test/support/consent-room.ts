import { toBase64url, utf8 } from '../../src/base/bytes.ts';
import type { LegId } from '../../src/base/ids.ts';
import { createBridgeEngine, type BridgeEngine } from '../../src/consent/bridge-engine.ts';
import type { BridgeEngineOptions, BridgeFact } from '../../src/consent/bridge-port.ts';
import { peekMessage, type Peeked } from '../../src/consent/messages/jws.ts';
import { thumbprint } from '../../src/consent/messages/keys.ts';
import { parsePacket } from '../../src/consent/messages/packet.ts';
import { createHpkeKeyPair, seal, type SealContext } from '../../src/consent/messages/seal.ts';
import { buildRegistration, meetingIdOf, type KeyMode } from '../../src/consent/messages/registration.ts';
import { KeyRing } from '../../src/e2ee/key-ring.ts';
import { createCoHostSession, createHostSession, createMemberSession } from '../../src/web/host/index.ts';
import type {
  CoHostSession,
  HostSession,
  KeySink,
  MemberSession,
  SessionOptions,
  Store,
} from '../../src/web/host/session.ts';
import { manualClock, type ManualClock } from './clock.ts';
import { seededBytes, seededRandom, seededSigner, text } from './consent-samples.ts';
import { settled } from './consent-settle.ts';
import { fakeVault, type FakeVault } from './consent-vault.ts';

/** One packet on its way. */
export interface Flight {
  readonly from: string;
  /** Null: everybody else. */
  readonly to: string | null;
  readonly bytes: Uint8Array;
  readonly message: Peeked | null;
}

/** What the server does with a packet for one receiver: deliver any number of times, now or later. */
export type Tamper = (flight: Flight & { readonly to: string }) => readonly Uint8Array[];

interface Seat {
  onMessage(from: string, payload: Uint8Array): void;
  onPresence(identities: readonly string[]): void;
}

/** A meeting server in memory that can be as hostile as a test wants. */
export class FakeServer {
  readonly #seats = new Map<string, Seat>();
  readonly log: Flight[] = [];
  tamper: Tamper = (flight) => [flight.bytes];

  join(identity: string, seat: Seat): void {
    this.#seats.set(identity, seat);
    this.tellPresence();
  }

  leave(identity: string): void {
    this.#seats.delete(identity);
    this.tellPresence();
  }

  tellPresence(): void {
    for (const [identity, seat] of this.#seats) {
      seat.onPresence([...this.#seats.keys()].filter((other) => other !== identity));
    }
  }

  /** What one party is told of who is there: a lie, where a test wants one. */
  present(to: string, identities: readonly string[]): void {
    this.#seats.get(to)?.onPresence(identities);
  }

  send(from: string, payload: Uint8Array, to?: readonly string[]): void {
    const bytes = Uint8Array.from(payload);
    const packet = parsePacket(bytes);
    const peeked = packet.ok ? peekMessage(packet.value.jws) : null;
    const message = peeked?.ok === true ? peeked.value : null;
    this.log.push({ from, to: to?.[0] ?? null, bytes, message });
    for (const identity of to ?? this.#seats.keys()) {
      if (identity === from || !this.#seats.has(identity)) continue;
      const copies = this.tamper({ from, to: identity, bytes, message });
      for (const copy of copies) this.deliver(from, identity, copy);
    }
  }

  deliver(from: string, to: string, bytes: Uint8Array): void {
    this.#seats.get(to)?.onMessage(from, bytes);
  }
}

/** A party that holds frame keys and can talk and listen with them. */
export interface Voice {
  readonly identity: string;
  readonly ring: KeyRing;
}

export interface Person extends Voice {
  readonly session: MemberSession;
  leave(): Promise<void>;
}

export interface HeldKey {
  readonly identity: string;
  readonly slot: number;
  readonly key: Uint8Array;
}

export interface Bridged extends Voice {
  readonly engine: BridgeEngine;
  /** A copy of every frame key that this bridge was ever given, its own included. */
  readonly held: readonly HeldKey[];
  leave(): void;
}

/** Different grants that went out: each is sent to its bridge first and then to everybody else. */
export function grantsSent({ server }: Room): number {
  const sent = server.log.filter(({ message }) => message?.type === 'grant');
  return new Set(sent.map(({ bytes }) => Buffer.from(bytes).toString('base64'))).size;
}

/** Whether any key that the bridge ever held opens this frame, whoever is said to have sent it. */
export async function opensWithAnyKey(bridge: Bridged, frame: Buffer): Promise<boolean> {
  for (const { slot, key } of bridge.held) {
    const ring = new KeyRing();
    await ring.setKey('anybody', slot, key);
    // The slot that the frame names may be any: try the key under each that it could be looked up by.
    await ring.setKey('anybody', frame.at(-1)!, key);
    if (ring.open('anybody', Buffer.from(frame)).ok) return true;
  }
  return false;
}

export interface Room {
  readonly server: FakeServer;
  readonly clock: ManualClock;
  readonly vault: FakeVault;
  readonly meetingId: string;
  readonly registration: Uint8Array<ArrayBuffer>;
  readonly inviteSecret: Uint8Array<ArrayBuffer>;
  readonly facts: BridgeFact[];
  /** Every frame key that a host or member ever set, which no connector sees. */
  readonly frameKeys: readonly HeldKey[];
  host(options?: {
    readonly join?: string;
    readonly device?: string;
    /** What the host's browser remembers of connectors. */
    readonly ledgers?: Store;
  }): Promise<Person & { readonly session: HostSession }>;
  /** `sink`: what stands between the session and the cryptor, where a test wants a member that does not do as it is told. */
  member(name: string, over?: Partial<SessionOptions>, sink?: (keys: KeySink) => KeySink): Promise<Person>;
  /** With the device of a co-host of the rules. */
  coHost(device: string): Promise<Person & { readonly session: CoHostSession }>;
  bridge(name?: string, over?: Partial<BridgeEngineOptions>): Promise<Bridged>;
  /** Moves the clock in steps and lets everything that follows happen. */
  pass(ms: number): Promise<void>;
}

export function memoryStore(): Store {
  const values = new Map<string, Uint8Array>();
  return {
    get: (name) => Promise.resolve(values.get(name) ?? null),
    set: (name, value) => Promise.resolve(void values.set(name, value)),
  };
}

/** As browsers do it: overwritten slots hold noise rather than nothing. */
function sinkOf(ring: KeyRing, kept: HeldKey[]): KeySink {
  return {
    setKey: (identity, slot, key) => {
      kept.push({ identity, slot, key: Uint8Array.from(key) });
      return ring.setKey(identity, slot, key);
    },
    overwrite: (identity, slot) => ring.overwrite(identity, slot),
  };
}

export const legOf = (name: string): LegId => toBase64url(seededBytes(`leg ${name}`, 16)) as LegId;

export const callerOf = (name: string) => ({
  legId: legOf(name),
  label: { display: `+49 30 ···· ${name}`, verification: 'B', transport: 'udp+rtp' } as const,
});

async function warmUp(): Promise<void> {
  const random = seededRandom('warm up');
  const pair = await createHpkeKeyPair(random);
  const name = text('name', 32);
  const context: SealContext = {
    type: 'grant',
    role: 'host',
    meeting: name,
    instance: name,
    term: 0,
    sender: name,
    recipient: name,
    epoch: 0,
    about: '',
  };
  const made = await seal(pair.publicKey, random(32), context, random);
  if (!made.ok || !(await pair.open(made.value.sealed, context)).ok)
    throw new Error('the seal does not open');
}

export interface RoomRules {
  /** Names of further hosts' devices, in order, behind `host`. */
  readonly coHosts?: readonly string[];
  readonly locked?: boolean;
  readonly onHostChange?: 'ask-again' | 'drop';
  readonly keys?: KeyMode;
}

export async function createRoom({
  coHosts = [],
  keys = 'per-sender',
  ...policy
}: RoomRules = {}): Promise<Room> {
  // The library loads its primitives at the first use, which `settled` cannot see.
  await warmUp();
  const server = new FakeServer();
  const clock = manualClock();
  const hostSigner = seededSigner('host');
  const operator = await thumbprint(seededSigner('operator').publicKey);
  const vault = await fakeVault(operator);
  const registration = buildRegistration({
    salt: seededBytes('salt', 16),
    ...policy,
    hosts: [hostSigner, ...coHosts.map(seededSigner)].map((signer) => signer.publicKey),
    operators: [operator],
    keys,
  });
  const meetingId = await meetingIdOf(registration);
  const inviteSecret = seededBytes('invite', 16);
  const hostStore = memoryStore();
  const facts: BridgeFact[] = [];
  const frameKeys: HeldKey[] = [];

  const optionsFor = (
    name: string,
    device: string,
    store: Store,
  ): { options: SessionOptions; ring: KeyRing } => {
    const joinId = seededBytes(`join ${name}`, 16);
    const identity = `p-${toBase64url(joinId)}`;
    const ring = new KeyRing({ random: seededRandom(`iv ${name}`) });
    const messages: ((from: string, payload: Uint8Array) => void)[] = [];
    const presences: ((identities: readonly string[]) => void)[] = [];
    const options: SessionOptions = {
      channel: {
        send: (payload, to) => server.send(identity, payload, to),
        onMessage: (listener) => void messages.push(listener),
        onPresence: (listener) => void presences.push(listener),
      },
      keys: sinkOf(ring, frameKeys),
      store,
      device: seededSigner(device),
      clock,
      random: seededRandom(`random ${name}`),
      registration,
      inviteSecret,
      joinId,
      displayName: name,
    };
    server.join(identity, {
      onMessage: (from, payload) => messages.forEach((listener) => listener(from, payload)),
      onPresence: (identities) => presences.forEach((listener) => listener(identities)),
    });
    return { options, ring };
  };
  const identityOf = (options: SessionOptions): string => `p-${toBase64url(options.joinId)}`;
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      clock.advance(Math.min(100, left));
      await settled();
    }
  };
  const enter = async (session: MemberSession): Promise<void> => {
    await session.start();
    server.tellPresence();
    await settled();
    await pass(700);
  };

  return {
    server,
    clock,
    vault,
    meetingId,
    registration,
    inviteSecret,
    facts,
    frameKeys,
    pass,
    async host({ join = 'host', device = 'host', ledgers } = {}) {
      const { options, ring } = optionsFor(join, device, hostStore);
      const session = createHostSession({ ...options, ...(ledgers === undefined ? {} : { ledgers }) });
      await enter(session);
      const identity = identityOf(options);
      const leave = async (): Promise<void> => {
        await session.close();
        server.leave(identity);
        await settled();
      };
      return { identity, ring, session, leave };
    },
    async member(name, over = {}, sink = (keys) => keys) {
      const { options, ring } = optionsFor(name, `member ${name}`, memoryStore());
      const session = createMemberSession({ ...options, keys: sink(options.keys), ...over });
      await enter(session);
      const identity = identityOf(options);
      const leave = async (): Promise<void> => {
        await session.close();
        server.leave(identity);
        await settled();
      };
      return { identity, ring, session, leave };
    },
    async coHost(device) {
      const { options, ring } = optionsFor(device, device, memoryStore());
      const session = createCoHostSession(options);
      await enter(session);
      const identity = identityOf(options);
      const leave = async (): Promise<void> => {
        await session.close();
        server.leave(identity);
        await settled();
      };
      return { identity, ring, session, leave };
    },
    async bridge(name = 'bridge', over = {}) {
      const joinId = toBase64url(seededBytes(`join ${name}`, 16));
      const identity = `p-${joinId}`;
      const ring = new KeyRing({ random: seededRandom(`iv ${name}`) });
      const held: HeldKey[] = [];
      const engine = createBridgeEngine({
        clock,
        random: seededRandom(`random ${name}`),
        meetingId,
        registration,
        joinId,
        identity,
        connectorName: 'bridge-1',
        version: '0.1.0',
        vault,
        keys: {
          setKey: (who, slot, key) => {
            held.push({ identity: who, slot, key: Uint8Array.from(key) });
            return ring.setKey(who, slot, key);
          },
          overwrite: (who, slot) => ring.overwrite(who, slot),
          destroy: () => ring.destroy(),
        },
        send: (payload, to) => server.send(identity, payload, to),
        onFact: (fact) => void facts.push(fact),
        ...over,
      });
      await engine.start();
      server.join(identity, {
        onMessage: (from, payload) => engine.receive(from, payload),
        onPresence: (identities) => engine.presence(identities),
      });
      await settled();
      await pass(200);
      return { identity, ring, engine, held, leave: () => server.leave(identity) };
    },
  };
}

/** Frames under the talker's current key, as they cross the server: kept ciphertext for later tries. */
export function talk(voice: Voice, times = 1): Buffer[] {
  const sealer = voice.ring.sealer(voice.identity);
  return Array.from({ length: times }, () => sealer.seal(utf8(`x words of ${voice.identity}`))).filter(
    (frame) => frame !== null,
  );
}

/** Whether `listener` hears `talker` now. A talker without a key says nothing. */
export function hears(listener: Voice, talker: Voice): boolean {
  const [frame] = talk(talker);
  return frame !== undefined && listener.ring.open(talker.identity, Buffer.from(frame)).ok;
}
