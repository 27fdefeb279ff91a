import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suiteName } from '../../../src/consent/messages/seal.ts';
import { startConnector, type Connector } from '../../demo/connector.ts';
import { startParty, type Event, type Party } from '../../demo/party.ts';
import { nowMs } from '../../demo/wire.ts';
import { ServerLink } from './server-link.ts';

/**
 * A meeting of the real thing on a hostile server: the connector with all its processes, its embedded SFU under another's control, a
 * host and a member over WebRTC, and phones over SIP and RTP. Who hears whom is measured in sound.
 */
const promptsDir = resolve(import.meta.dirname, '../../../config/prompts/en');
const told = ['notice', 'admitted', 'denied', 'revoked', 'host-left', 'key-lost', 'bridge-failed'];

/** What everybody sees of a case, in the words of docs/hostile-server.md. */
export interface RunningSeen {
  readonly host: string;
  readonly member: string;
  readonly connector: string;
  readonly caller: string;
}

interface View {
  readonly prompt: string | null;
  readonly suite: string | null;
  readonly bridges: readonly { readonly state: string }[];
  readonly alarmed: readonly { readonly what: string; readonly atWallMs: number }[];
}

/** When the caller may hear and be heard: from the host's click to the revoke and what the case allows behind it. */
interface Allowed {
  readonly from: number;
  to: number;
}

export interface RunningStage {
  readonly server: ServerLink;
  /** A phone calls and gets as far as the question to the host. */
  call(): Promise<void>;
  /** The caller asks again. */
  askAgain(): Promise<void>;
  /** Until the host is asked. */
  asked(): Promise<void>;
  approve(): Promise<void>;
  /** Until caller, host and member hear each other, and both know that the connector holds a key. */
  together(): Promise<void>;
  revoke(): Promise<void>;
  /** Until the bridge's card at the host says so. */
  card(state: string): Promise<void>;
  wait(ms: number): Promise<void>;
  /** From here on a case of its own. `tailMs`: how long after a revoke the caller may hear somebody. */
  begin(tailMs: number): void;
  seen(): RunningSeen;
  /** What was broken since `begin`, in words. */
  broken(): Promise<readonly string[]>;
  /** An honest server, no phone: whether the meeting works without anybody's help. */
  recovers(): Promise<boolean>;
  close(): Promise<void>;
}

interface Log {
  readonly fact?: string;
  readonly reason?: string;
  readonly what?: string;
  readonly msg?: string;
}

const viewOf = (party: Party): View | undefined =>
  party.events.findLast(({ kind }) => kind === 'view')?.view as View | undefined;

/** Whom these ears hear at this moment. */
function hearsNow(ears: Party): string[] {
  const now = new Map<string, boolean>();
  for (const { kind, party, hears } of ears.events)
    if (kind === 'hears') now.set(String(party), hears === true);
  return ['host', 'member', 'caller'].filter((party) => now.get(party) === true);
}

const hearsText = (ears: Party): string => `hears ${hearsNow(ears).join(', ') || 'nobody'}`;

/** From when to when these ears heard `party`; what goes on still has no end. */
function heard(ears: Party, party: string): readonly (readonly [number, number])[] {
  const spans: [number, number][] = [];
  for (const event of ears.events) {
    if (event.kind !== 'hears' || event.party !== party) continue;
    if (event.hears === true) spans.push([event.at, Infinity]);
    else if (spans.length > 0) spans.at(-1)![1] = event.at;
  }
  return spans;
}

export async function startRunningStage(): Promise<RunningStage> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-hostile-'));
  const stops: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const server = await ServerLink.open();
    const preload = pathToFileURL(join(import.meta.dirname, 'preload.ts')).href;
    const env = {
      ...process.env,
      LATCHKEY_HOSTILE_PORT: String(server.port),
      NODE_OPTIONS: `--import=${preload}`,
    };
    const connector = await startConnector({ folder, env, settings: { lobby: { askAgainSeconds: 1 } } });
    stops.push(() => server.close());
    stops.push(() => connector.stop());
    const start = (name: string, file: string, line: Readonly<Record<string, unknown>>): Party => {
      const first = { kind: 'start', keep: null, listenFor: ['host', 'member', 'caller'], ...line };
      const party = startParty(file, first, { name, logFolder: folder });
      stops.push(() => party.stop(2_000));
      return party;
    };
    const { httpUrl, claim } = connector.banner;
    const host = start('host', 'headless.ts', { role: 'host', httpUrl, claim, name: 'Hanna' });
    const { invite } = await host.until('in-meeting');
    const member = start('member', 'headless.ts', { role: 'member', httpUrl, invite, name: 'Mirek' });
    await together([host, member]);
    const stage = playing({ folder, server, connector, host, member, start });
    return {
      ...stage,
      async close() {
        // While host and member are there to say that they have switched: a bridge waits for that, and not for the dead.
        await server.behave('honest');
        await connector.stop();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Until each of these hears the others. */
async function together(parties: readonly Party[]): Promise<void> {
  await until(() => parties.every((ears) => hearsNow(ears).length >= parties.length - 1), 30_000);
}

/** Looks until it is so; an error says that it never was. */
async function until(isSo: () => boolean, ms: number): Promise<void> {
  const end = nowMs() + ms;
  while (!isSo()) {
    if (nowMs() > end) throw new Error(`not within ${String(ms)} ms: ${String(isSo)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

interface Cast {
  readonly folder: string;
  readonly server: ServerLink;
  readonly connector: Connector;
  readonly host: Party;
  readonly member: Party;
  start(name: string, file: string, line: Readonly<Record<string, unknown>>): Party;
}

function playing(cast: Cast): Omit<RunningStage, 'close'> {
  const { server, host, member, connector } = cast;
  let phone: Party | null = null;
  let calls = 0;
  let began = { at: 0, wallMs: 0, logLength: 0, tailMs: 0 };
  let allowed: Allowed[] = [];
  const caller = (): Party => {
    if (phone === null) throw new Error('nobody has called');
    return phone;
  };
  const logText = (): string => readFileSync(join(cast.folder, 'connector.log'), 'utf8');
  const stage: Omit<RunningStage, 'close'> = {
    server,
    begin(tailMs) {
      began = { at: nowMs(), wallMs: Date.now(), logLength: logText().length, tailMs };
      allowed = [];
    },
    async call() {
      const { sip: target, pin } = connector.banner;
      calls += 1;
      phone = cast.start(`phone-${String(calls)}`, 'caller.ts', { target, promptsDir, prompts: told });
      await phone.until('ready');
      phone.send({ kind: 'call' });
      await phone.until('answered');
      phone.send({ kind: 'dial', digits: pin });
      await phone.until('prompt', ({ name }) => name === 'notice');
      phone.send({ kind: 'dial', digits: '1' });
    },
    async askAgain() {
      // Asking again is allowed once a second here.
      await stage.wait(1_200);
      caller().send({ kind: 'dial', digits: '*1' });
    },
    asked: () => until(() => (viewOf(host)?.prompt ?? null) !== null, 30_000),
    async approve() {
      const clicked = host.next('clicked');
      host.send({ kind: 'approve' });
      const { at } = await clicked;
      allowed.push({ from: at, to: Infinity });
    },
    async together() {
      await together([host, member, caller()]);
      await until(
        () => [host, member].every((who) => viewOf(who)?.bridges[0]?.state === 'holds-key'),
        10_000,
      );
    },
    async revoke() {
      const clicked = host.next('clicked');
      host.send({ kind: 'revoke' });
      const { at } = await clicked;
      for (const one of allowed) one.to = Math.min(one.to, at + began.tailMs);
    },
    card: (state) => until(() => viewOf(host)?.bridges[0]?.state === state, 30_000),
    wait: (ms) => new Promise((done) => setTimeout(done, ms)),
    seen() {
      const person = (who: Party): string => {
        const view = viewOf(who);
        const card = view?.bridges[0]?.state;
        return [
          card === undefined ? 'no bridge' : `bridge ${card}`,
          ...(view?.prompt == null ? [] : ['asked']),
          hearsText(who),
          ...alarms((view?.alarmed ?? []).filter((a) => a.atWallMs >= began.wallMs).map((a) => a.what)),
        ].join('; ');
      };
      const last = phone?.events.findLast(({ kind, name }) => kind === 'prompt' && name !== 'notice');
      return {
        host: person(host),
        member: person(member),
        connector: connectorText(facts(logText().slice(began.logLength))),
        caller: [hearsText(caller()), ...(last === undefined ? [] : [`told “${String(last.name)}”`])].join(
          '; ',
        ),
      };
    },
    async broken() {
      const { plainFrames, plainTracks, bites } = await server.counts();
      const seals = host.events.filter(({ kind, at }) => kind === 'view' && at >= began.at);
      return [
        ...(bites === 0 ? ['the server did nothing'] : []),
        ...(plainFrames === 0 ? [] : [`${String(plainFrames)} frames in the clear`]),
        ...(plainTracks === 0 ? [] : ['a track that is not flagged as encrypted']),
        ...(seals.some(weaker) ? ['the prompt names a weaker seal'] : []),
        ...(heard(caller(), 'caller').length === 0
          ? []
          : ['the caller heard what nobody in the meeting said']),
        ...tooLong('the caller hears the host', heard(caller(), 'host')),
        ...tooLong('the caller hears the member', heard(caller(), 'member')),
        ...tooLong('the host hears the caller', heard(host, 'caller')),
        ...tooLong('the member hears the caller', heard(member, 'caller')),
      ];
    },
    async recovers() {
      await server.behave('honest');
      caller().send({ kind: 'hang-up' });
      await caller().until('ended');
      await caller().stop(2_000);
      const gone = (): boolean => [host, member].every((who) => viewOf(who)?.bridges.length === 0);
      const works = (): boolean => [host, member].every((who) => hearsNow(who).length === 1);
      return until(() => gone() && works(), 30_000).then(
        () => true,
        () => false,
      );
    },
  };
  /** What was heard outside of what the host allowed. */
  function tooLong(what: string, spans: readonly (readonly [number, number])[]): string[] {
    const now = nowMs();
    const wrong = spans
      .map(([from, to]) => [from, Math.min(to, now)] as const)
      .filter(([, to]) => to > began.at)
      .filter(([from, to]) => !allowed.some((a) => from >= a.from && to <= a.to));
    return wrong.map(([from, to]) => {
      const after =
        allowed.map((a) => `granted ${seconds(a.from)} to ${seconds(a.to)}`).join(', ') || 'no grant';
      return `${what} from ${seconds(from)} to ${seconds(to)} s of the case (${after})`;
    });
  }
  const seconds = (at: number): string => ((at - began.at) / 1000).toFixed(2);
  return stage;
}

const weaker = ({ view }: Event): boolean => {
  const { suite } = view as View;
  return suite !== null && suite !== suiteName;
};

const alarms = (names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`alarm ${[...new Set(names)].sort().join(', ')}`];

/** The connector's log, line by line, without what is not JSON. */
function facts(text: string): readonly Log[] {
  return text.split('\n').flatMap((line): Log[] => {
    try {
      return [JSON.parse(line) as Log];
    } catch {
      return [];
    }
  });
}

function connectorText(log: readonly Log[]): string {
  const last = log.findLast(({ fact }) => fact === 'gate-closed' || fact === 'legs-admitted');
  const gate =
    last === undefined
      ? 'gate never opened'
      : last.fact === 'gate-closed'
        ? `gate closed (${last.reason ?? ''})`
        : 'gate open';
  return [gate, ...alarms(log.flatMap(({ msg, what }) => (msg === 'alarm' ? [what ?? ''] : [])))].join('; ');
}
