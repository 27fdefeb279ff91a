import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startConnector, type Connector } from './connector.ts';
import { judge, type Evidence, type Verdict } from './judge.ts';
import { readLedger } from './ledger-check.ts';
import type { Hearing } from './listener.ts';
import { startParty, type Event, type Party } from './party.ts';
import type { TapAnswer } from './tap.ts';
import { nowMs } from './wire.ts';

const help = `The whole of Latchkey without a browser or a softphone, measured and narrated.

Usage: npm run demo -- [--keep DIR]

  --keep DIR   keep what everybody heard (WAV files) and the logs of all processes in DIR

The last line is one JSON object. The exit code is 0 only if everything held.
`;

/** How long the caller is left in each state, so that there is something to measure. */
const stays = { lobbyMs: 3_000, talkMs: 4_000, afterRevokeMs: 4_500 } as const;

interface Cast {
  readonly connector: Connector;
  readonly tap: Party;
  readonly host: Party;
  readonly member: Party;
  readonly caller: Party;
}

const began = nowMs();
function say(text: string, at = nowMs()): void {
  console.log(`${((at - began) / 1000).toFixed(2).padStart(7)} s  ${text}`);
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

interface BridgeSeen {
  readonly state: string;
  readonly legs: readonly { readonly display: string; readonly state: string }[];
}

interface Seen {
  readonly bridges: readonly BridgeSeen[];
  readonly prompt: string | null;
}

const seen = (event: Event): Seen => event.view as Seen;
const bridgeWith = (event: Event, fits: (bridge: BridgeSeen) => boolean): boolean =>
  seen(event).bridges.length === 1 && seen(event).bridges.some(fits);
/** One participant, without a key, that asks for a caller with a label. */
const isAsking = (event: Event): boolean =>
  bridgeWith(
    event,
    ({ state, legs }) =>
      state === 'asking' && legs.some((leg) => leg.state === 'waiting' && leg.display !== ''),
  );

/** Six digits that are not the PIN. */
const wrong = (pin: string): string => (pin === '246813' ? '135792' : '246813');

async function meet(folder: string, keep: string | null, stops: (() => Promise<unknown>)[]): Promise<Cast> {
  const start = (name: string, file: string, line: Readonly<Record<string, unknown>>): Party => {
    const party = startParty(file, { kind: 'start', ...line }, { name, logFolder: folder });
    stops.push(() => party.stop(2_000));
    return party;
  };
  const tap = start('tap', 'tap.ts', { host: '127.0.0.1' });
  const { port } = await tap.until('listening');
  const connector = await startConnector({ folder, tapPort: Number(port) });
  stops.push(() => connector.stop());
  const { banner } = connector;
  say(
    `The connector runs: ${banner.httpUrl}, ${banner.sip}. Its meeting server copies every frame to the tap.`,
  );
  const listenFor = ['host', 'member', 'caller'];
  const page = { httpUrl: banner.httpUrl, listenFor, keep };
  const host = start('host', 'headless.ts', { ...page, role: 'host', name: 'Hanna', claim: banner.claim });
  const { invite, pin } = await host.until('in-meeting');
  say('The host has claimed the meeting, made its keys and joined.');
  const member = start('member', 'headless.ts', { ...page, role: 'member', name: 'Mirek', invite });
  await member.until('in-meeting');
  await Promise.all([
    host.until('hears', ({ party, hears }) => party === 'member' && hears === true),
    member.until('hears', ({ party, hears }) => party === 'host' && hears === true),
  ]);
  say('A member has joined. Host and member hear each other, encrypted.');
  const caller = start('caller', 'caller.ts', {
    target: banner.sip,
    promptsDir: resolve(import.meta.dirname, '../../config/prompts/en'),
    prompts: ['welcome-enter-pin', 'pin-wrong', 'notice', 'lobby-waiting', 'admitted', 'revoked'],
    listenFor,
    keep,
  });
  await caller.until('ready');
  if (pin !== banner.pin) throw new Error('the claim and the terminal name different PINs');
  return { connector, tap, host, member, caller };
}

/** Until the caller waits in the lobby; when the call was answered. */
async function reachLobby({ connector, caller }: Cast): Promise<number> {
  const { pin } = connector.banner;
  caller.send({ kind: 'call' });
  const answered = await caller.until('answered');
  say('A phone calls and is answered.', answered.at);
  const hears = async (name: string, narrate: string): Promise<void> => {
    const { at } = await caller.until('prompt', (event) => event.name === name);
    say(narrate, at);
  };
  await hears('welcome-enter-pin', 'The caller hears: “Welcome. Please enter your PIN.”');
  caller.send({ kind: 'dial', digits: wrong(pin) });
  await hears('pin-wrong', 'A wrong PIN is refused by voice.');
  caller.send({ kind: 'dial', digits: pin });
  await hears('notice', 'The right PIN is accepted: the caller hears the notice.');
  caller.send({ kind: 'dial', digits: '1' });
  const inLobby = await caller
    .until('prompt', ({ name }) => name === 'lobby-waiting', 5_000)
    .catch(() => null);
  if (inLobby !== null) say('The caller pressed 1 and is in the lobby.', inLobby.at);
  return answered.at;
}

async function play(cast: Cast): Promise<Evidence> {
  const { connector, tap, host, member, caller } = cast;
  const answeredAt = await reachLobby(cast);
  await Promise.all([host, member].map((party) => party.until('view', isAsking)));
  await host.until('view', (event) => isAsking(event) && seen(event).prompt !== null);
  say('Host and member see one participant, the bridge, without a key. The host is asked.');
  await wait(stays.lobbyMs);

  host.send({ kind: 'approve' });
  const approved = await host.until('clicked', ({ what }) => what === 'approve');
  say('The host approves.', approved.at);
  const hearsNow = (ear: Party, whom: string): Promise<Event> =>
    ear.until(
      'hears',
      ({ party, hears, at }) => party === whom && hears === true && at >= approved.at,
      4_000,
    );
  const heard = await Promise.allSettled([
    hearsNow(caller, 'host'),
    hearsNow(caller, 'member'),
    hearsNow(host, 'caller'),
    hearsNow(member, 'caller'),
  ]);
  const all = heard.every(({ status }) => status === 'fulfilled');
  say(all ? 'The caller hears host and member, and both hear the caller.' : 'Not everybody hears everybody.');
  await wait(stays.talkMs);

  host.send({ kind: 'revoke' });
  const revoked = await host.until('clicked', ({ what }) => what === 'revoke');
  say('The host revokes. Everybody goes on talking.', revoked.at);
  const told = await caller.until('prompt', ({ name }) => name === 'revoked', 3_000).catch(() => null);
  if (told !== null) say('The caller hears why.', told.at);
  await wait(stays.afterRevokeMs);

  caller.send({ kind: 'hang-up' });
  const { at: hungUpAt } = await caller.until('ended');
  say('The caller hangs up.', hungUpAt);
  const { hearing, strange, rtpStreams, audit } = await reports(cast);
  tap.send({ kind: 'judge', ...audit, approvedAt: approved.at, revokedAt: revoked.at });
  const { answer } = await tap.until('answer', undefined, 60_000);
  for (const party of [member, host]) await party.stop(3_000);
  const connectorExit = await connector.stop();
  say('Everybody has left and the connector has ended. The wiretap has tried its keys.');
  const trust = String(host.events.find(({ kind }) => kind === 'in-meeting')?.operator);
  return {
    answeredAt,
    pinRefused: caller.events.some(({ kind, name }) => kind === 'prompt' && name === 'pin-wrong'),
    pinAccepted: caller.events.some(({ kind, name }) => kind === 'prompt' && name === 'notice'),
    reasonSpoken: told !== null,
    bridgeSeenWaiting: [host, member].every((party) =>
      party.events.some((e) => e.kind === 'view' && isAsking(e)),
    ),
    approvedAt: approved.at,
    revokedAt: revoked.at,
    hungUpAt,
    hearing,
    strange,
    rtpStreams,
    tap: answer as TapAnswer,
    ...readLedger(connector.banner.dataDir, trust, hearing.caller),
    connectorExit,
  };
}

async function reports({ host, member, caller }: Cast) {
  const report = (party: Party): Promise<Event> => {
    party.send({ kind: 'report' });
    return party.until('report');
  };
  const [ofHost, ofMember, ofCaller] = await Promise.all([report(host), report(member), report(caller)]);
  const hearing = {
    host: ofHost.hearing as Hearing,
    member: ofMember.hearing as Hearing,
    caller: ofCaller.hearing as Hearing,
  };
  const { registration, randomness, packets } = ofHost;
  const strange = ofCaller.strange as readonly number[];
  return {
    hearing,
    strange,
    rtpStreams: Number(ofCaller.streams),
    audit: { registration, randomness, packets },
  };
}

function conclude({ checks, figures }: Verdict): number {
  console.log('');
  for (const { name, ok, saw } of checks) console.log(`  ${ok ? 'held  ' : 'FAILED'}  ${name}  (${saw})`);
  const failed = checks.filter(({ ok }) => !ok).map(({ name }) => name);
  console.log('');
  console.log(JSON.stringify({ demo: failed.length === 0 ? 'ok' : 'failed', ...figures, failed }));
  return failed.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { keep: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  if (values.help === true) {
    console.log(help);
    return 0;
  }
  const keep = values.keep === undefined ? null : resolve(values.keep);
  if (keep !== null) mkdirSync(keep, { recursive: true });
  const folder = keep ?? mkdtempSync(join(tmpdir(), 'latchkey-demo-'));
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const cast = await meet(folder, keep, stops);
    return conclude(judge(await play(cast)));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    console.error(`\nThe demo did not get to its end: ${message}`);
    console.error(lastLines(join(folder, 'connector.log'), 30));
    console.log(JSON.stringify({ demo: 'failed', failed: [message] }));
    return 1;
  } finally {
    await Promise.all(stops.reverse().map((stop) => stop()));
    if (keep === null) rmSync(folder, { recursive: true, force: true });
  }
}

function lastLines(path: string, count: number): string {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}

// A terminal's Ctrl-C: leaving takes the parties along.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.exitCode = await main();
