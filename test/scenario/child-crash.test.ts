import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startConnector, type Connector } from '../demo/connector.ts';
import { startParty, type Party } from '../demo/party.ts';
import { family } from '../memory/scan.ts';
import { latchkey } from '../support/cli.ts';
import { udpPeer, type SipPeer } from '../support/sip-peer.ts';
import { sdpOffer, sipRequest } from '../support/sip-text.ts';
import { launchVault, makeDir, removeDir } from '../support/vault.ts';

const run = promisify(execFile);
const promptsDir = resolve(import.meta.dirname, '../../config/prompts/en');
let dir: string;
let stops: (() => Promise<unknown>)[];
beforeEach(async () => {
  dir = await makeDir();
  stops = [() => removeDir(dir)];
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
});

async function start(): Promise<Connector> {
  const connector = await startConnector({ folder: dir });
  stops.push(() => connector.stop());
  return connector;
}

const log = (): string => readFileSync(join(dir, 'connector.log'), 'utf8');
const logged = (what: RegExp): Promise<void> => expect.poll(log, { timeout: 20_000 }).toMatch(what);

/** The one child that runs this module. */
function kill({ pid }: Connector, module: string): void {
  const found = family(pid).filter((process) => process.module === module);
  expect(found, module).toHaveLength(1);
  process.kill(found[0]!.pid, 'SIGKILL');
}

/** The lobby runs the same module: which is which, the log says. */
function killMeetingWorker(): void {
  const pid = /"pid":(\d+),"shared":\w+,"msg":"meeting worker started"/.exec(log())?.[1];
  expect(pid).toBeDefined();
  process.kill(Number(pid), 'SIGKILL');
}

async function phone({ banner }: Connector): Promise<SipPeer> {
  const port = Number(/:(\d+)$/.exec(banner.sip)?.[1]);
  const peer = await udpPeer({ host: '127.0.0.1', port });
  stops.push(() => peer.stop());
  return peer;
}

/** Sends INVITE until it is answered by something final, and acknowledges it. */
async function call(peer: SipPeer, uri: string, name: string): Promise<string> {
  const invite = { uri, host: peer.host, port: peer.port, callId: name, branch: `z9hG4bK${name}` };
  peer.send(sipRequest({ ...invite, body: sdpOffer() }));
  const answer = await peer.next(
    new RegExp(`^SIP/2\\.0 [2-6][^]*Call-ID: *${name}`, 'i'),
    `an answer to ${name}`,
  );
  const to = /^To: *(.*?)\r$/im.exec(answer)?.[1] ?? '';
  peer.send(sipRequest({ ...invite, method: 'ACK', to, cseq: '1 ACK', branch: `z9hG4bK${name}ack` }));
  return answer;
}

const ready = async ({ banner }: Connector): Promise<number> =>
  (await fetch(`${banner.httpUrl}/readyz`)).status;

/** The caller's line of a `Party`, from the first ring to the room. */
async function reachRoom(connector: Connector): Promise<{ host: Party; caller: Party }> {
  const { httpUrl, claim, sip, pin } = connector.banner;
  const listenFor = ['host', 'caller'];
  const party = (name: string, file: string, line: Readonly<Record<string, unknown>>): Party => {
    const started = startParty(
      file,
      { kind: 'start', keep: null, listenFor, ...line },
      { name, logFolder: dir },
    );
    stops.push(() => started.stop(2_000));
    return started;
  };
  const host = party('host', 'headless.ts', { role: 'host', httpUrl, claim, name: 'Hanna' });
  await host.until('in-meeting');
  const prompts = ['welcome-enter-pin', 'notice', 'bridge-failed'];
  const caller = party('caller', 'caller.ts', { target: sip, promptsDir, prompts });
  await caller.until('ready');
  caller.send({ kind: 'call' });
  await caller.until('prompt', ({ name }) => name === 'welcome-enter-pin');
  caller.send({ kind: 'dial', digits: pin });
  await caller.until('prompt', ({ name }) => name === 'notice');
  caller.send({ kind: 'dial', digits: '1' });
  await host.until('view', ({ view }) => (view as { readonly prompt: unknown }).prompt !== null, 30_000);
  host.send({ kind: 'approve' });
  await caller.until('hears', ({ party: who, hears }) => who === 'host' && hears === true, 30_000);
  return { host, caller };
}

test('each child process is killed: who is on the line is told, the child comes back, and calls go on; the vault ends it all', async () => {
  const connector = await start();
  kill(connector, 'src/sip-server/main.ts');
  await logged(/"child":"sip-server".*"child process is back"/);
  kill(connector, 'src/sfu/main.ts');
  await logged(/"child":"sfu".*"child process is back"/);
  await expect.poll(() => ready(connector)).toBe(200);

  const peer = await phone(connector);
  await expect
    .poll(() => call(peer, connector.banner.sip, `lobby${peer.received.length}`), { timeout: 10_000 })
    .toMatch(/^SIP\/2\.0 200 /);
  kill(connector, 'src/worker/main.ts');
  await logged(/"msg":"lobby worker lost"/);
  expect(await call(peer, connector.banner.sip, 'meanwhile')).toMatch(
    /^SIP\/2\.0 503 [^]*Retry-After: *\d+/i,
  );
  await logged(/"msg":"lobby worker is back"/);
  // The caller who was in it is told by the one that is there now, and hung up with a cause.
  const bye = (): string => peer.received.find((message) => message.startsWith('BYE ')) ?? '';
  await expect.poll(bye, { timeout: 20_000 }).toMatch(/^Reason: *Q\.850;cause=41;text="worker-lost"/im);

  const { caller } = await reachRoom(connector);
  killMeetingWorker();
  // His port is bound anew in the lobby: he hears why.
  await caller.until('prompt', ({ name }) => name === 'bridge-failed', 10_000);
  await caller.until('ended', ({ by }) => by === 'them', 10_000);
  await logged(/"msg":"meeting worker lost"/);

  kill(connector, 'src/vault/main.ts');
  expect(await connector.ended).toBe(1);
  // The next start closes what the vault had begun.
  await (await launchVault(connector.banner.dataDir)).stop();
  const verified = await latchkey('ledger', 'verify', '--json', '--data', connector.banner.dataDir);
  expect(verified, verified.stdout).toMatchObject({ code: 0 });
}, 90_000);

test('a drain: not ready, 503 with Retry-After, the caller told and hung up on; a second signal ends at once', async () => {
  const connector = await start();
  const { pid } = connector;
  const healthcheck = resolve(import.meta.dirname, '../../docker/healthcheck.mjs');
  const port = Number(new URL(connector.banner.httpUrl).port);
  const check = (): Promise<unknown> => run(process.execPath, [healthcheck, join(dir, 'health.json')]);
  writeFileSync(join(dir, 'health.json'), JSON.stringify({ http: { port } }));
  await check();
  const peer = await phone(connector);
  expect(await call(peer, connector.banner.sip, 'waits')).toMatch(/^SIP\/2\.0 200 /);
  const children = family(pid).filter((child) => child.pid !== pid);
  process.kill(pid, 'SIGTERM');
  await expect.poll(() => ready(connector)).toBe(503);
  expect(await call(peer, connector.banner.sip, 'late')).toMatch(/^SIP\/2\.0 503 [^]*Retry-After: *\d+/i);
  await new Promise((done) => setTimeout(done, 600)); // What comes within 500 ms is the same Ctrl-C, handed on.
  process.kill(pid, 'SIGTERM');
  expect([0, 130]).toContain(await connector.ended);
  const alive = (): number[] =>
    children.map((child) => child.pid).filter((child) => family(child).length > 0);
  await expect.poll(alive, { timeout: 10_000 }).toEqual([]);
  await expect(check()).rejects.toThrow();
  const verified = await latchkey('ledger', 'verify', '--json', '--data', connector.banner.dataDir);
  expect(verified, verified.stdout).toMatchObject({ code: 0 });
}, 60_000);
