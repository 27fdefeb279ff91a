import { execFile } from 'node:child_process';
import { createPrivateKey, randomInt } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { mainModule, startConnector, type Connector } from '../demo/connector.ts';
import { startParty, type Party } from '../demo/party.ts';
import { hpkeNeedles, meetingNeedles } from '../memory/needles.ts';
import { family } from '../memory/scan.ts';
import { startBaresip, type Baresip } from '../support/baresip.ts';
import { waitUntil } from '../support/sip-until.ts';
import { phoneCanaries, phoneSecrets, playSecondPhone, secondPhoneAddress } from './second-phone.ts';
import type { Canary, Collected } from './search.ts';

/** One after the other, each with secrets of its own: every one leaves its lines in logs and ledger. */
const phonesPlayed = 6;

export interface Story {
  readonly canaries: readonly Canary[];
  readonly collected: readonly Collected[];
}

const run = promisify(execFile);
const linesOf = (text: string): string[] => text.split('\n').filter((line) => line !== '');
const text = (name: string, value: string): Canary => ({ name, bytes: Buffer.from(value) });

/** One run of the product with every secret known, and all that came out of it beside the audio. `plant`: with a leak. */
export async function playStory(folder: string, plant: boolean): Promise<Story> {
  const stops: (() => Promise<unknown>)[] = [];
  try {
    return await play(folder, plant, stops);
  } finally {
    for (const stop of stops.reverse()) await stop();
  }
}

async function play(folder: string, plant: boolean, stops: (() => Promise<unknown>)[]): Promise<Story> {
  const phones = Array.from({ length: phonesPlayed }, (_, index) => phoneSecrets(`office-${index}`));
  const users = phones.map(({ user, password }) => {
    const passwordFile = join(folder, `password-of-${user}`);
    writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
    return { name: user, passwordFile };
  });
  const drawn = join(folder, 'drawn');
  mkdirSync(drawn);
  const imports = ['../memory/preload.ts', ...(plant ? ['./plant.ts'] : [])].map(
    (file) => `--import=${pathToFileURL(join(import.meta.dirname, file)).href}`,
  );
  const invited = `+4930${randomInt(20_000_000, 90_000_000)}`;
  const callee = await startBaresip({ user: invited, autoAnswer: true });
  stops.push(() => callee.stop());
  const connector = await startConnector({
    folder,
    logLevel: 'debug',
    sip: { trace: { file: join(folder, 'sip.trace'), maxMiB: 100 } },
    env: { ...process.env, LATCHKEY_MEMORY: drawn, NODE_OPTIONS: imports.join(' ') },
    settings: {
      trunks: [
        { name: 'demo', sources: ['127.0.0.1/32'], numbers: { countryCode: '49' } },
        {
          name: 'canary',
          sources: [`${secondPhoneAddress}/32`],
          trusted: true,
          callerId: ['pai', 'from'],
          srtp: 'allow',
          digest: { users },
        },
      ],
      outbound: {
        ...{ trunk: 'demo', target: callee.address.replace(/sip:.*@/, 'sip:'), account: null },
        ...{
          callerNumber: '+4930555000',
          callerName: 'Meeting bridge',
          assertIdentity: true,
          ownRecording: false,
        },
        ...{ plus: true, allowed: ['+4930'], refused: [], emergency: [], ringSeconds: 20 },
        ...{ maxPerMeeting: 1, maxCalls: 5, maxPerHour: 20 },
      },
    },
  });
  let ended = false;
  const end = async (): Promise<void> => {
    if (!ended) await connector.stop();
    ended = true;
  };
  stops.push(end);
  const collected: Collected[] = [];
  const canaries: Canary[] = [
    ...phones.flatMap((phone) => phoneCanaries(phone)),
    ...bannerCanaries(connector),
  ];
  // Without the country's code a number is the same secret.
  canaries.push({ ...text('number of who is invited', invited.slice(3)), digits: true });
  const admin = await adminKey(folder, connector);
  if (admin !== null) canaries.push(text('admin key', admin.slice(admin.lastIndexOf('.') + 1)));

  const { host, invite } = await talk(folder, connector, stops, (by) =>
    invitePhone(folder, by, callee, invited),
  );
  canaries.push(text('secret of the invitation', invite.slice(invite.lastIndexOf('#') + 1)));
  for (const phone of phones) {
    const credentials = await playSecondPhone(connector.banner.sip, phone);
    canaries.push(text('digest response', /response="([^"]*)"/.exec(credentials)?.[1] ?? 'none'));
  }

  const processes = family(connector.pid);
  const keys = [...(await meetingNeedles(host)), ...hpkeNeedles(drawn, processes)];
  canaries.push(...keys, ...keysAtRest(connector.banner.dataDir));
  collected.push(...processes.flatMap(({ pid, module }) => processFacts(pid, module)));
  if (admin !== null) canaries.push(await rotatedPin(connector, admin));
  collected.push(...(await answers(connector, canaries, admin)));
  await end();
  collected.push(...(await commands(folder)));
  for (const file of readdirSync(folder).filter((name) =>
    ['connector.log', 'sip.trace', 'sip.trace.rtp'].includes(name),
  ))
    collected.push({ from: file, lines: linesOf(readFileSync(join(folder, file), 'utf8')) });
  return { canaries, collected };
}

function bannerCanaries({ banner }: Connector): Canary[] {
  return [{ ...text('PIN', banner.pin), digits: true }, text('claim of the host link', banner.claim)];
}

/** The room PIN that an operator draws anew: known from the one answer that tells it. */
async function rotatedPin({ banner }: Connector, admin: string): Promise<Canary> {
  const headers = { authorization: `Bearer ${admin}` };
  const url = `${banner.adminUrl ?? ''}/v1/meetings/first/rotate-pin`;
  const { pin } = (await (await fetch(url, { method: 'POST', headers })).json()) as { readonly pin: string };
  return { ...text('rotated PIN', pin), digits: true };
}

/** PIN, notice, grant, talk, revoke: with the parties of the demo. `first`: what the host does before anybody calls. */
async function talk(
  folder: string,
  { banner }: Connector,
  stops: (() => Promise<unknown>)[],
  first: (host: Party) => Promise<void>,
): Promise<{ host: Party; invite: string }> {
  const { httpUrl, claim, sip, pin } = banner;
  const listenFor = ['host', 'member', 'caller'];
  const start = (name: string, file: string, line: Readonly<Record<string, unknown>>): Party => {
    const first = { kind: 'start', keep: null, listenFor, ...line };
    const party = startParty(file, first, { name, logFolder: folder });
    stops.push(() => party.stop(2_000));
    return party;
  };
  const host = start('host', 'headless.ts', { role: 'host', httpUrl, claim, name: 'Hanna' });
  const { invite } = await host.until('in-meeting');
  const member = start('member', 'headless.ts', { role: 'member', httpUrl, invite, name: 'Mirek' });
  await host.until('hears', ({ party, hears }) => party === 'member' && hears === true, 30_000);
  await member.until('hears', ({ party, hears }) => party === 'host' && hears === true, 30_000);
  await first(host);
  const caller = start('caller', 'caller.ts', {
    target: sip,
    promptsDir: resolve(import.meta.dirname, '../../config/prompts/en'),
    prompts: ['welcome-enter-pin', 'notice', 'revoked'],
  });
  await caller.until('ready');
  const hears = (name: string): Promise<unknown> =>
    caller.next('prompt', (event) => event.name === name, 30_000);
  const welcome = hears('welcome-enter-pin');
  caller.send({ kind: 'call' });
  await welcome;
  const notice = hears('notice');
  caller.send({ kind: 'dial', digits: pin });
  await notice;
  caller.send({ kind: 'dial', digits: '1' });
  await host.until('view', ({ view }) => (view as { readonly prompt: unknown }).prompt !== null, 30_000);
  host.send({ kind: 'approve' });
  await caller.until('hears', ({ party, hears: h }) => party === 'member' && h === true, 30_000);
  const told = hears('revoked');
  host.send({ kind: 'revoke' });
  await told;
  return { host, invite: String(invite) };
}

/** The host invites a phone, which says yes and hangs up before anybody lets it in. */
async function invitePhone(folder: string, host: Party, callee: Baresip, number: string): Promise<void> {
  interface Seen {
    readonly bridges: readonly { readonly canDial: boolean; readonly state: string }[];
    readonly dials: readonly { readonly state: string }[];
  }
  const shows = (what: (seen: Seen) => boolean): Promise<unknown> =>
    host.until('view', ({ view }) => what(view as Seen), 30_000);
  const state = (wanted: string): Promise<unknown> => shows(({ dials }) => dials.at(-1)?.state === wanted);
  // A bridge that has heard no sign of life of the host calls nobody for him.
  const known = (): number =>
    readFileSync(join(folder, 'connector.log'), 'utf8').split('"fact":"host-present"').length - 1;
  await waitUntil(() => known() > 0, 'the bridge knows of the host', 30_000);
  const now = (): Seen | undefined =>
    host.events.findLast(({ kind }) => kind === 'view')?.view as Seen | undefined;
  const mayDial = (): boolean =>
    now()?.bridges.some((bridge) => bridge.canDial && bridge.state === 'waiting') ?? false;
  await waitUntil(mayDial, 'the host sees a bridge that can dial', 30_000);
  host.send({ kind: 'invite-phone', number });
  await state('answered');
  await callee.event('CALL_ESTABLISHED', 20_000);
  await callee.press('1');
  await state('accepted');
  await callee.hangUp();
  await callee.event('CALL_CLOSED', 20_000);
}

/** The connector's private keys, which the defaults keep in files of mode 0600: their 32 bytes. */
function keysAtRest(dataDir: string): Canary[] {
  return readdirSync(dataDir)
    .filter((name) => name.endsWith('.pem'))
    .map((name) => {
      const { d = '' } = createPrivateKey(readFileSync(join(dataDir, name))).export({ format: 'jwk' });
      return { name: `private key ${name}`, bytes: Buffer.from(d, 'base64url') };
    });
}

/** Command line and environment, which other programs of the machine can read. */
function processFacts(pid: number, module: string): Collected[] {
  return ['cmdline', 'environ'].map((kind) => ({
    from: `${kind} of ${module}`,
    lines: readFileSync(`/proc/${pid}/${kind}`, 'utf8').split('\0'),
  }));
}

/** Metrics and health, and errors provoked with every secret in every place that a client can put it. */
async function answers(
  { banner }: Connector,
  canaries: readonly Canary[],
  admin: string | null,
): Promise<Collected[]> {
  const plain = await Promise.all(
    ['/livez', '/readyz', '/api/setup'].map((path) => answer(`${banner.httpUrl}${path}`, path)),
  );
  const collected = [...plain];
  for (const { bytes } of canaries.filter(({ name }) => !/key|response/.test(name))) {
    const secret = encodeURIComponent(bytes.toString('utf8'));
    const asked: readonly (readonly [string, RequestInit?])[] = [
      [`/no/such/page?token=${secret}`],
      [`/api/meetings/${secret}`],
      ['/api/meetings/claim', post({ claim: bytes.toString('utf8'), registration: '', hostName: secret })],
      ['/api/meetings/claim', post(`{"claim":"${secret}`)],
      [`/api/meetings/${secret}/pin-challenge`, post({})],
      [`/api/meetings/${'A'.repeat(43)}/pin`, post({ challenge: secret, signature: secret })],
      ['/api/setup', { headers: { authorization: `Bearer ${secret}`, cookie: `session=${secret}` } }],
    ];
    for (const [path, init] of asked)
      collected.push(await answer(`${banner.httpUrl}${path}`, `a question with a secret`, init));
  }
  if (banner.adminUrl == null || admin === null) return collected;
  const headers = { authorization: `Bearer ${admin}` };
  const looks = [
    'calls',
    'legs',
    'bridges',
    'trunks',
    'config',
    'meetings',
    'ledger',
    'consent-events',
    'events',
  ];
  for (const path of ['/metrics', ...looks.map((what) => `/v1/${what}`)])
    collected.push(await answer(`${banner.adminUrl}${path}`, path, { headers }));
  const reload = { method: 'POST', headers };
  collected.push(await answer(`${banner.adminUrl}/v1/config/reload`, 'a reload', reload));
  for (const { bytes } of canaries.filter(({ name }) => /PIN|claim|number/.test(name)))
    for (const what of ['legs', 'calls'])
      collected.push(
        await answer(
          `${banner.adminUrl}/v1/${what}/no.${encodeURIComponent(bytes.toString('utf8'))}`,
          'an end of no call',
          { method: 'DELETE', headers },
        ),
      );
  return collected;
}

async function answer(url: string, name: string, init: RequestInit = {}): Promise<Collected> {
  const abort = AbortSignal.timeout(3_000);
  const response = await fetch(url, { ...init, signal: abort });
  const head = [...response.headers].map(([field, value]) => `${field}: ${value}`);
  const streamed = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  if (streamed) await response.body?.cancel();
  return { from: `answer to ${name}`, lines: [...head, ...(streamed ? [] : linesOf(await response.text()))] };
}

const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

/** A key of the operators' listener, made as an operator makes it; null where this version has none. */
async function adminKey(folder: string, { banner }: Connector): Promise<string | null> {
  if (banner.adminUrl == null) return null;
  const config = join(folder, 'config.json');
  const args = ['admin-key', 'new', '--role', 'operator', '--json', '--config', config];
  const { stdout } = await run(process.execPath, [mainModule, ...args]);
  return /lk\.[\w-]{22}\.[\w-]{43}/.exec(stdout)?.[0] ?? null;
}

/** What an operator's commands print of this run, errors included. */
async function commands(folder: string): Promise<Collected[]> {
  const config = ['--config', join(folder, 'config.json')];
  const asked = [
    ['ledger', 'verify', ...config, '--json'],
    ['ledger', 'intervals', ...config],
    ['ledger', 'export', ...config],
    ['ledger', 'export', '--format', 'csv', ...config],
    ['keys', 'show', ...config],
    ['config', 'show', '--config', join(folder, 'config.json')],
    ['doctor', ...config, '--json'],
    ['ledger', 'no-such-command'],
  ];
  return Promise.all(
    asked.map(async (args) => {
      const { stdout, stderr } = await run(process.execPath, [mainModule, ...args], {
        maxBuffer: 64 << 20,
      }).catch((error: unknown) => error as { readonly stdout: string; readonly stderr: string });
      return { from: `latchkey ${args.slice(0, 2).join(' ')}`, lines: linesOf(`${stdout}\n${stderr}`) };
    }),
  );
}
