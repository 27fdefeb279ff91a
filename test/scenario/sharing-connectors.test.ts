import { mkdirSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startConnector, type Connector } from '../demo/connector.ts';
import { startParty, type Event, type Party } from '../demo/party.ts';
import { latchkey } from '../support/cli.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { apiKey, apiSecret, startSfu } from '../support/sfu.ts';
import { makeDir, removeDir } from '../support/vault.ts';

/** Two connectors, one PostgreSQL, one meeting server: real processes, real SIP and RTP, one of them killed. */
const leaseSeconds = 6;
const promptsDir = join(import.meta.dirname, '../../config/prompts/en');
const prompts = ['call-again', 'pin-wrong-last', 'pin-locked-out', 'notice', 'admitted', 'bridge-failed'];

let dir: string;
let server: TestPostgres;
const stops: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  dir = await makeDir();
  server = await startPostgres();
  stops.push(
    () => removeDir(dir),
    () => server.remove(),
  );
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

type Json = Readonly<Record<string, unknown>>;

async function command(...args: readonly string[]): Promise<Json> {
  const ran = await latchkey(...args, '--json');
  if (ran.code !== 0) throw new Error(`${args.join(' ')}: ${ran.stderr}${ran.stdout}`);
  return JSON.parse(ran.stdout) as Json;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

interface Site {
  readonly folder: string;
  readonly config: string;
  readonly connector: Connector;
  readonly contact: string;
  /** The same keys, log and addresses, in a new process. */
  restart(): Promise<Connector>;
}

/** A connector with keys of its own under the one operator. */
async function startSite(name: string, sfuUrl: string, rtp: number): Promise<Site> {
  const folder = join(dir, name);
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const port = await freeUdpPort();
  const contact = `127.0.0.1:${port}`;
  const secretFile = join(folder, 'livekit');
  writeFileSync(secretFile, apiSecret, { mode: 0o600 });
  const { url, passwordFile } = await server.place(name, 'shared');
  const settings = {
    dataDir,
    connector: { name },
    ledger: { store: 'postgres', postgres: { url, passwordFile, log: name } },
    sharing: { url, passwordFile, group: 'test', contact, redirect: true, leaseSeconds },
    http: { port: 0 },
    admin: { port: 0 },
    lobby: { lockoutFailures: 4 },
    media: { rtpPorts: { min: rtp, max: rtp + 98 } },
    meeting: { server: { url: sfuUrl, apiKey, apiSecretFile: secretFile } },
    sip: { listen: [{ transport: 'udp', host: '127.0.0.1', port }] },
  };
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(settings));
  const request = join(folder, 'request.jws');
  const { thumbprint } = await command('operator', 'request', '--config', config, '--out', request);
  const certificate = join(dataDir, 'certificate.jws');
  await command(
    ...['operator', 'certify', ...operatorArgs(), '--request', request, '--out', certificate],
    ...['--check', String(thumbprint)],
  );
  const restart = async (): Promise<Connector> => {
    const connector = await startConnector({ folder, settings });
    stops.push(() => connector.stop());
    return connector;
  };
  return { folder, config, connector: await restart(), contact, restart };
}

const operatorArgs = (): readonly string[] => [
  ...['--dir', join(dir, 'operator'), '--passphrase-file', join(dir, 'passphrase')],
];

/** Made by the API of one connector; its code and PIN. */
async function makeMeeting({ config, connector }: Site, name: string) {
  const { key } = await command('admin-key', 'new', '--role', 'operator', '--config', config);
  const url = `${connector.banner.adminUrl ?? ''}/v1/meetings`;
  const headers = { authorization: `Bearer ${String(key)}`, 'content-type': 'application/json' };
  // A key counts within a second.
  await expect.poll(async () => (await fetch(url, { headers })).status).toBe(200);
  const answer = await fetch(url, {
    method: 'POST',
    headers,
    body: JSON.stringify({ name, kept: true }),
  });
  expect(answer.status).toBe(201);
  const { claim, pin, meeting } = (await answer.json()) as {
    readonly claim: string;
    readonly pin: string;
    readonly meeting: { readonly code: string };
  };
  return { claim, pin, code: meeting.code };
}

function party(name: string, file: string, start: Json): Party {
  const one = startParty(file, { kind: 'start', keep: null, ...start }, { name, logFolder: dir });
  // A phone or a host that is gone without a word: nobody waits for it.
  stops.push(() => {
    one.process.kill('SIGKILL');
    return one.ended;
  });
  return one;
}

let callers = 0;
function call(site: Site, from: string): Party {
  const phone = party(`caller-${callers++}`, 'caller.ts', {
    ...{ target: `sip:meet@${site.contact}`, from, promptsDir, prompts, listenFor: ['host'] },
  });
  phone.send({ kind: 'call' });
  return phone;
}
async function dial(site: Site, from: string, ...keys: readonly string[]): Promise<Party> {
  const phone = call(site, from);
  await phone.until('answered');
  for (const digits of keys) phone.send({ kind: 'dial', digits });
  return phone;
}
/** Calls again and again, as told, until the meeting is served here. */
async function callUntilTaken(site: Site, from: string, keys: string): Promise<Party> {
  for (;;) {
    const phone = call(site, from);
    const answered = phone.until('answered').then(async () => {
      phone.send({ kind: 'dial', digits: keys });
      await Promise.race([heard(phone, 'notice'), heard(phone, 'call-again')]);
    });
    await Promise.race([
      answered,
      phone.until('refused').then(() => new Promise((go) => setTimeout(go, 500))),
    ]);
    if (phone.events.some((event) => event['name'] === 'notice')) return phone;
  }
}
const heard = (phone: Party, name: string, ms?: number): Promise<Event> =>
  phone.until('prompt', (event) => event['name'] === name, ms);

const viewWith = (host: Party, fits: (view: View) => boolean): Promise<Event> =>
  host.until('view', (event) => fits(event['view'] as View));
/** From now on. */
const hears = (phone: Party, yes: boolean): Promise<Event> =>
  phone.next('hears', (event) => event['party'] === 'host' && event['hears'] === yes);
const viewWithout = (host: Party): Promise<Event> =>
  host.next('view', (event) => (event['view'] as View).bridges.length === 0, 30_000);
interface View {
  readonly prompt: string | null;
  readonly bridges: readonly { readonly thumbprint: string; readonly state: string }[];
}

test('one connector serves a meeting, the other sends its callers on, takes it over when the first is killed, and both leave their meetings without the database', async () => {
  writeFileSync(join(dir, 'passphrase'), 'correct horse battery staple\n', { mode: 0o600 });
  await command('operator', 'init', ...operatorArgs(), '--name', 'Example Telephony');
  const sfu = await startSfu();
  stops.push(() => sfu.stop());
  await server.place('bridge-a', 'shared');
  const [a, b] = await Promise.all([
    startSite('bridge-a', sfu.url, 30_000),
    startSite('bridge-b', sfu.url, 30_100),
  ]);
  expect(a.connector.banner.hostUrl).toBeNull();
  const [board, other] = await Promise.all([makeMeeting(a, 'board'), makeMeeting(b, 'other')]);

  // Made at one, claimed at the other, called at the first.
  const host = party('host', 'headless.ts', {
    ...{ role: 'host', name: 'Hanna', httpUrl: b.connector.banner.httpUrl, claim: board.claim },
    listenFor: ['caller'],
  });
  await host.until('in-meeting');
  const anna = '+4930555010001';
  const first = await dial(a, anna, board.code, board.pin);
  await heard(first, 'notice');
  first.send({ kind: 'dial', digits: '1' });
  const asked = await viewWith(host, ({ prompt }) => prompt !== null);
  const before = (asked['view'] as View).bridges[0]?.thumbprint;
  host.send({ kind: 'approve' });
  await heard(first, 'admitted');
  await first.until('hears', (event) => event['party'] === 'host' && event['hears'] === true);

  // A caller at the other connector is told to call again, and is sent on before the answer when he does.
  const bob = '+4930555010002';
  const second = await dial(b, bob, board.code, board.pin);
  await heard(second, 'call-again');
  await second.until('ended');
  expect(await call(b, bob).until('refused')).toMatchObject({
    ...{ status: 302, contact: `<sip:meet@${a.contact}>` },
  });

  // Wrong PINs at one count at the other.
  const carl = '+4930555010003';
  const wrong = other.pin === '000000' ? '000001' : '000000';
  const guesser = await dial(a, carl, ...Array.from({ length: 3 }, () => other.code + wrong));
  await heard(guesser, 'pin-wrong-last');
  const further = await dial(b, carl, other.code + wrong);
  await heard(further, 'pin-locked-out');

  // Killed: nobody is asked for him, and nobody inherits what the host has said.
  process.kill(a.connector.pid, 'SIGKILL');
  const taken = await callUntilTaken(b, anna, board.code + board.pin);
  taken.send({ kind: 'dial', digits: '1' });
  const askedAgain = await viewWith(
    host,
    ({ prompt, bridges }) => prompt !== null && bridges.some(({ thumbprint }) => thumbprint !== before),
  );
  expect((askedAgain['view'] as View).prompt).not.toBe((asked['view'] as View).prompt);
  host.send({ kind: 'approve' });
  await heard(taken, 'admitted');
  await taken.until('hears', (event) => event['party'] === 'host' && event['hears'] === true);

  // The ledgers: the one of the killed connector ends in the middle and verifies; the other one says whom it came after.
  const reports = await Promise.all(
    [a, b].map(({ config }) => command('ledger', 'verify', '--config', config)),
  );
  expect(reports).toMatchObject([{ verified: true }, { verified: true }]);
  const rows = await server.query(
    'shared',
    `SELECT log, type, data FROM latchkey.events WHERE type IN ('meeting-taken', 'grant') ORDER BY at`,
  );
  expect(rows.map(({ log, type, data }) => (type === 'grant' ? { log, type } : { log, type, data }))).toEqual(
    [
      { log: 'bridge-a', type: 'meeting-taken', data: { lease: 1 } },
      { log: 'bridge-a', type: 'grant' },
      { log: 'bridge-b', type: 'meeting-taken', data: { lease: 2, after: 'bridge-a' } },
      { log: 'bridge-b', type: 'grant' },
    ],
  );

  // The killed one is back and serves the other meeting.
  const { banner } = await a.restart();
  const otherHost = party('other-host', 'headless.ts', {
    ...{ role: 'host', name: 'Hugo', httpUrl: banner.httpUrl, claim: other.claim, listenFor: ['caller'] },
  });
  await otherHost.until('in-meeting');
  const dora = await dial(a, '+4930555010004', other.code, other.pin);
  await heard(dora, 'notice');
  dora.send({ kind: 'dial', digits: '1' });
  await viewWith(otherHost, ({ prompt }) => prompt !== null);
  otherHost.send({ kind: 'approve' });
  await heard(dora, 'admitted');
  await dora.until('hears', (event) => event['party'] === 'host' && event['hears'] === true);
  expect(
    await server.query(
      'shared',
      `SELECT meeting, owner FROM latchkey_sharing.owners WHERE run <> '' ORDER BY meeting`,
    ),
  ).toEqual([
    { meeting: 'board', owner: 'bridge-b' },
    { meeting: 'other', owner: 'bridge-a' },
  ]);

  // No database: no ledger, no lease, no bridge, in neither of the two.
  const left = [taken, dora].flatMap((phone) => [hears(phone, false), phone.until('ended')]);
  left.push(...[host, otherHost].map(viewWithout));
  await server.crash();
  await Promise.all(left);
}, 180_000);
