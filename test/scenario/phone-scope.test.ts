import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mainModule, startConnector, type Connector } from '../demo/connector.ts';
import type { Hearing } from '../demo/listener.ts';
import { startParty, type Event, type Party } from '../demo/party.ts';
import { readWav } from '../demo/wav.ts';
import { nowMs } from '../demo/wire.ts';
import { announcedIn } from '../support/room-tones.ts';
import { spokenDigits } from '../support/digit-ear.ts';

/** What a grant allows, as real phones hear it: the connector's own processes, SIP and RTP, a host over WebRTC. */
const promptsDir = resolve(import.meta.dirname, '../../config/prompts/en');
const talkMs = 1_200;

let folder = '';
let connector: Connector;
let host: Party;
const parties: Party[] = [];
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

interface Seen {
  readonly prompt: string | null;
  readonly code: string | null;
  readonly bridges: readonly {
    readonly state: string;
    readonly legs: readonly { readonly state: string }[];
  }[];
}
const view = ({ view: seen }: Event): Seen => seen as Seen;

interface Phone extends Party {
  readonly keep: string;
}

async function phone(name: string): Promise<Phone> {
  const keep = mkdtempSync(join(folder, `${name}-`));
  const start = {
    kind: 'start',
    target: connector.banner.sip,
    promptsDir,
    prompts: ['notice', 'bridge-code', 'revoked', 'ended', 'until-reached', 'bridge-failed'],
    listenFor: ['host'],
    keep,
  };
  const party = startParty('caller.ts', start, { name, logFolder: folder });
  parties.push(party);
  await party.until('ready');
  return Object.assign(party, { keep });
}

/** Dials, and gets as far as the question to the host. */
async function callIn(party: Party): Promise<void> {
  party.send({ kind: 'call' });
  await party.until('answered');
  party.send({ kind: 'dial', digits: connector.banner.pin });
  await party.until('prompt', ({ name }) => name === 'notice');
  party.send({ kind: 'dial', digits: '1' });
}

const asked = (): Promise<Event> => host.until('view', (event) => view(event).prompt !== null);

/** Whether anything of `party` was heard from `from` on. */
async function heardSince(ears: Party, party: 'host' | 'caller', from: number): Promise<boolean> {
  const next = ears.next('report');
  ears.send({ kind: 'report' });
  const { hearing } = await next;
  return ((hearing as Hearing).heard[party] ?? []).some((at) => at > from);
}

/** How often the host has heard somebody announced so far. */
async function roomTones(): Promise<{ readonly joined: number; readonly left: number }> {
  const next = host.next('report');
  host.send({ kind: 'report' });
  await next;
  const { joined, left } = announcedIn(readWav(join(folder, 'host-heard.wav')).samples);
  return { joined: joined.length, left: left.length };
}

async function revoke(ears: Party): Promise<void> {
  const told = ears.next('prompt', ({ name }) => name === 'revoked');
  host.send({ kind: 'revoke' });
  await told;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-phone-scope-'));
  connector = await startConnector({ folder, settings: { lobby: { askAgainSeconds: 1 } } });
  const { httpUrl, claim } = connector.banner;
  const start = {
    kind: 'start',
    role: 'host',
    httpUrl,
    claim,
    name: 'Hanna',
    listenFor: ['caller'],
    keep: folder,
  };
  host = startParty('headless.ts', start, { name: 'host', logFolder: folder });
  parties.push(host);
  await host.until('in-meeting');
});

afterAll(async () => {
  for (const party of parties.reverse()) await party.stop(2_000);
  await connector.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The connector's vault, from the process table. */
function vaultPid(): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      const parent = /^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      if (command.includes('vault/main.ts') && Number(parent) === connector.pid) return Number(pid);
    } catch {
      // It ended meanwhile.
    }
  }
  throw new Error('there is no vault');
}

describe('a real phone', () => {
  it('hears the bridge code of the host’s prompt, then what each scope allows and nothing else', async () => {
    const first = await phone('first');
    await callIn(first);
    const withCode = await host.until('view', (event) => view(event).code !== null);
    const { code } = view(withCode);
    const said = await first.until('prompt', ({ name }) => name === 'bridge-code', 30_000);
    // Eight digits take their time to say.
    await wait(7_000);

    const listening = first.next('hears', ({ hears }) => hears === true);
    host.send({ kind: 'approve', approval: { audio: 'listen' } });
    await listening;
    const from = nowMs();
    await wait(talkMs);
    expect(await heardSince(first, 'host', from), 'listen-only: the caller hears the host').toBe(true);
    expect(await heardSince(host, 'caller', 0), 'listen-only: the host hears nobody').toBe(false);
    await revoke(first);

    // Asking again is allowed once a second here.
    await wait(1_200);
    first.send({ kind: 'dial', digits: '*1' });
    await host.next('view', (event) => view(event).prompt !== null);
    const talking = host.next('hears', ({ hears }) => hears === true);
    const before = nowMs();
    host.send({ kind: 'approve', approval: { audio: 'speak' } });
    await talking;
    await wait(talkMs);
    expect(await heardSince(first, 'host', before), 'talk-only: the caller hears nothing of the room').toBe(
      false,
    );
    await revoke(first);

    await wait(1_200);
    first.send({ kind: 'dial', digits: '*1' });
    await host.next('view', (event) => view(event).prompt !== null);
    const timeUp = first.next('prompt', ({ name }) => name === 'until-reached');
    host.send({ kind: 'approve', approval: { untilMinutes: 0.03 } });
    const { at: over } = await timeUp;
    await wait(talkMs / 2);
    expect(await heardSince(first, 'host', over), 'the time of the grant is over').toBe(false);

    first.send({ kind: 'hang-up' });
    await first.until('ended');
    const { samples } = readWav(join(first.keep, 'caller-heard.wav'));
    // Listening for digits costs five times what it takes to say them: only where they were said.
    const { at: answered } = await first.until('answered');
    const from8k = Math.round(((said.at - answered) / 1_000 - 1.5) * 8_000);
    expect(spokenDigits(samples.subarray(from8k, from8k + 11 * 8_000), promptsDir)).toContain(code);
  }, 90_000);

  it('is muted and ended by the host, and the next one comes in without a click', async () => {
    const before = await roomTones();
    const second = await phone('second');
    await callIn(second);
    await asked();
    const both = second.next('hears', ({ hears }) => hears === true);
    const heard = host.next('hears', ({ hears }) => hears === true);
    host.send({ kind: 'approve', approval: { next: 1 } });
    await Promise.all([both, heard]);

    const silent = host.next('hears', ({ hears }) => hears === false);
    host.send({ kind: 'mute-leg', leg: 0, muted: true });
    await silent;
    const muted = nowMs();
    await wait(talkMs);
    expect(await heardSince(host, 'caller', muted + 200)).toBe(false);
    expect(await heardSince(second, 'host', muted + 200), 'a muted caller goes on hearing').toBe(true);
    const again = host.next('hears', ({ hears }) => hears === true);
    host.send({ kind: 'mute-leg', leg: 0, muted: false });
    await again;

    const third = await phone('third');
    await callIn(third);
    await third.until('hears', ({ hears }) => hears === true, 30_000);
    // He is announced 0.7 s after his track has come.
    await wait(talkMs);

    const told = third.next('prompt', ({ name }) => name === 'ended');
    host.send({ kind: 'end-leg', leg: 1 });
    await told;
    const ended = nowMs();
    await wait(talkMs);
    expect(await heardSince(third, 'host', ended + 500), 'the ended leg hears nothing').toBe(false);
    expect(await heardSince(second, 'host', ended), 'the other one is still in').toBe(true);

    // Of the third one alone: nobody hears the tone that announces himself.
    const others = announcedIn(readWav(join(second.keep, 'caller-heard.wav')).samples);
    expect([others.joined.length, others.left.length], 'another phone hears him come and go').toEqual([1, 1]);
    // On a busy machine the host's ears are late, and a caller who talks may cover a note of his own tone for them.
    await expect
      .poll(
        async () => {
          const { joined, left } = await roomTones();
          return joined > before.joined && joined <= before.joined + 2 && left === before.left + 1;
        },
        { timeout: 20_000, interval: 500, message: 'the room hears callers come, and one go' },
      )
      .toBe(true);
  }, 90_000);

  it('is told, and hears nothing, when the vault dies between the click and the record of it (K5)', async () => {
    const fourth = await phone('fourth');
    host.send({ kind: 'revoke' });
    await callIn(fourth);
    await host.next('view', (event) => view(event).prompt !== null);
    // Approve is dead until the ledger has been proven to the host, which takes a vault that answers.
    await wait(1_500);
    const vault = vaultPid();
    process.kill(vault, 'SIGSTOP');
    const clicked = host.next('clicked');
    host.send({ kind: 'approve' });
    const { at } = await clicked;
    await wait(500);
    process.kill(vault, 'SIGKILL');
    const { by } = await fourth.until('ended', undefined, 30_000);
    expect(by).toBe('them');
    expect(fourth.events.some(({ kind, name }) => kind === 'prompt' && name === 'bridge-failed')).toBe(true);
    await host.until('view', (event) => view(event).bridges.length === 0);
    expect(await heardSince(fourth, 'host', at), 'no key was opened').toBe(false);
    const verify = ['ledger', 'verify', '--json', '--data', connector.banner.dataDir];
    const { stdout } = spawnSync(process.execPath, [mainModule, ...verify], { encoding: 'utf8' });
    expect(JSON.parse(stdout)).toMatchObject({ verified: true });
  }, 60_000);
});
