import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startConnector, type Connector } from '../demo/connector.ts';
import { startParty, type Party } from '../demo/party.ts';
import { readWav } from '../demo/wav.ts';
import { latchkey } from '../support/cli.ts';
import { callerSound } from '../support/caller-sound.ts';

/**
 * Real phones from number to lobby in German, French and Spanish, and the echo number: who recognises the recordings is the
 * demo's ear, by their waveform. All calls at the same time.
 */
const prompts = resolve(import.meta.dirname, '../../config/prompts');
const numbers = { de: '+49301001', fr: '+49301002', echo: '+49301003', any: '+49301004' } as const;
const trunks = [
  {
    ...{ name: 'carrier', sources: ['127.0.0.1'] },
    called: [
      { number: numbers.de, to: 'pin:first', language: 'de' },
      { number: numbers.fr, to: 'pin:first', language: 'fr' },
      { number: numbers.echo, to: 'echo', language: 'en' },
      { number: numbers.any, to: 'ivr' },
    ],
  },
];

let folder = '';
let connector: Connector;
let host: Party;
const parties: Party[] = [];
const parsed = <T>(text: string): T => JSON.parse(text) as T;

interface Phone extends Party {
  readonly keep: string;
}

async function phone(
  language: string,
  number: string,
  names: readonly string[],
  hears: readonly string[] = [],
): Promise<Phone> {
  const keep = mkdtempSync(join(folder, `${language}-`));
  const start = {
    ...{ kind: 'start', target: connector.banner.sip.replace(/^sip:[^@]*@/, `sip:${number}@`) },
    ...{ promptsDir: join(prompts, language), prompts: names, listenFor: hears, keep },
  };
  const party = startParty('caller.ts', start, { name: `${language}-${number}`, logFolder: folder });
  parties.push(party);
  await party.until('ready');
  party.send({ kind: 'call' });
  await party.until('answered');
  return Object.assign(party, { keep });
}

/** Dials `digits` once the recording is recognised. */
async function answer(caller: Party, prompt: string, digits: string): Promise<void> {
  await caller.until('prompt', ({ name }) => name === prompt, 40_000);
  caller.send({ kind: 'dial', digits });
}

/** What a caller heard from first to last: level, peak and how it goes from one recording to the next. */
async function soundOf(caller: Phone): Promise<ReturnType<typeof callerSound>> {
  const next = caller.next('kept');
  caller.send({ kind: 'keep' });
  await next;
  return callerSound(readWav(join(caller.keep, 'caller-heard.wav')).samples);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-live-calls-'));
  const lobby = { languages: ['en', 'de', 'fr', 'es'], notice: 'short' };
  connector = await startConnector({ folder, settings: { trunks, lobby } });
  const { httpUrl, claim } = connector.banner;
  const start = { kind: 'start', role: 'host', httpUrl, claim, name: 'Hanna', listenFor: [], keep: null };
  host = startParty('headless.ts', start, { name: 'host', logFolder: folder });
  parties.push(host);
  await host.until('in-meeting');
}, 90_000);

afterAll(async () => {
  await Promise.all(parties.map((party) => party.stop(2_000)));
  await connector.stop();
  rmSync(folder, { recursive: true, force: true });
});

it('callers are led to the lobby in their language, by number, by key, by code and by personal PIN', async () => {
  const { pin, code, adminUrl } = connector.banner;
  const config = ['--config', join(folder, 'config.json')];
  const made = await latchkey('admin-key', 'new', '--role', 'operator', '--json', ...config);
  process.env['LATCHKEY_ADMIN_KEY'] = parsed<{ key: string }>(made.stdout).key;
  const meeting = (...words: string[]) =>
    latchkey('meeting', ...words, '--url', adminUrl ?? '', '--json', ...config);
  // With a second meeting a code is asked for where the number does not say which one.
  expect(await meeting('new', '--meeting', 'second', '--temporary')).toMatchObject({ code: 0 });
  const anna = await meeting('pin', '--meeting', 'first', '--holder', 'Anna Berg');
  const { pin: personal } = parsed<{ pin: string }>(anna.stdout);
  const { LATCHKEY_ADMIN_KEY: key = '' } = process.env;
  delete process.env['LATCHKEY_ADMIN_KEY'];

  const inLobby = ['notice-short', 'lobby-waiting', 'ended-by-operator'];
  const german = async (): Promise<Phone> => {
    const caller = await phone('de', numbers.de, ['welcome-enter-pin', ...inLobby]);
    await answer(caller, 'welcome-enter-pin', pin);
    await answer(caller, 'notice-short', '1');
    return caller;
  };
  const french = async (): Promise<Phone> => {
    const caller = await phone('fr', numbers.fr, ['welcome-enter-pin', ...inLobby]);
    await answer(caller, 'welcome-enter-pin', personal);
    await answer(caller, 'notice-short', '1');
    return caller;
  };
  const spanish = async (): Promise<Phone> => {
    const names = ['welcome-enter-code', 'enter-pin', ...inLobby];
    const caller = await phone('es', numbers.any, ['language-offer', ...names]);
    await answer(caller, 'language-offer', '4');
    await answer(caller, 'welcome-enter-code', code);
    await answer(caller, 'enter-pin', pin);
    await answer(caller, 'notice-short', '1');
    return caller;
  };
  const echo = async (): Promise<Phone> => {
    const caller = await phone('en', numbers.echo, ['echo-test'], ['caller']);
    await caller.until('prompt', ({ name }) => name === 'echo-test', 40_000);
    await caller.until('hears', ({ hears }) => hears === true, 40_000);
    return caller;
  };
  const [one, two, three, four] = await Promise.all([german(), french(), spanish(), echo()]);
  for (const caller of [one, two, three])
    await caller.until('prompt', ({ name }) => name === 'lobby-waiting', 40_000);

  // The host sees whose PIN it was; the others by their masked number.
  const legs = (event: object): readonly { readonly display: string }[] =>
    (event as { view: { bridges: { legs: { display: string }[] }[] } }).view.bridges.flatMap((b) => b.legs);
  host.send({ kind: 'approve', approval: { next: 2 } });
  const seen = await host.until('view', (event) => legs(event).length === 3, 40_000);
  expect(
    legs(seen)
      .map(({ display }) => display)
      .sort(),
  ).toEqual(['PIN of Anna Berg · +···· 345', '+···· 345', '+···· 345'].sort());

  for (const caller of [one, two, three]) {
    const sound = await soundOf(caller);
    expect(sound.peak, 'nothing clips').toBeLessThan(28_500);
    expect(sound.speechDbm0, 'speech is at -16 dBm0').toBeGreaterThan(-18);
    expect(sound.speechDbm0).toBeLessThan(-14);
    expect(sound.jumps, 'no recording is cut with a click').toBe(0);
    expect(sound.longestSilenceMs, 'a caller is never left in silence').toBeLessThan(6_000);
  }
  four.send({ kind: 'hang-up' });

  const api = (path: string, method = 'GET'): Promise<Response> =>
    fetch(`${adminUrl ?? ''}${path}`, { method, headers: { authorization: `Bearer ${key}` } });
  // A changed file is taken up, but for what needs a restart; one that is not valid changes nothing.
  const file = join(folder, 'config.json');
  const before = parsed<{ lobby: object; connector?: object }>(readFileSync(file, 'utf8'));
  const reload = async (change: object): Promise<unknown> => {
    writeFileSync(file, JSON.stringify({ ...before, ...change }));
    return (await api('/v1/config/reload', 'POST')).json();
  };
  const changed = {
    lobby: { ...before.lobby, pinTries: 2 },
    connector: { ...before.connector, name: 'Other' },
  };
  expect(await reload(changed)).toEqual({ changed: ['lobby.pinTries'], needRestart: ['connector.name'] });
  expect(await reload({ lobby: { ...before.lobby, pinTries: 0 } })).toMatchObject({ code: 'config-invalid' });
  const inForce = (await (await api('/v1/config')).json()) as { lobby: { pinTries: number } };
  expect(inForce.lobby.pinTries).toBe(2);

  // The operator ends the three calls, wherever their callers are: each hears why, and is hung up.
  const now = async () =>
    ((await (await api('/v1/legs')).json()) as { items: { id: string; inMeeting: boolean; phase: string }[] })
      .items;
  await vi.waitFor(async () => expect((await now()).some(({ inMeeting }) => inMeeting)).toBe(true), 10_000);
  const inside = (await now()).filter(({ phase }) => phase !== 'echo' && phase !== 'ending');
  expect(inside).toHaveLength(3);
  for (const { id } of inside) expect((await api(`/v1/legs/${id}`, 'DELETE')).status).toBe(202);
  await Promise.all(
    [one, two, three].map(async (caller) => {
      await caller.until('prompt', ({ name }) => name === 'ended-by-operator', 20_000);
      await caller.until('ended', () => true, 20_000);
    }),
  );
}, 120_000);
