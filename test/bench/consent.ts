import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { startConnector, type Connector } from '../demo/connector.ts';
import { firstAfter, lastBetween, type Hearing } from '../demo/listener.ts';
import { Party } from '../demo/party.ts';
import { nowMs } from '../demo/wire.ts';
import { click, heading, openPages, type Pages } from './consent-pages.ts';
import { descendants, scheduleFirst } from './scheduling.ts';

/**
 * Approve, talk, revoke, over and over, with a meeting of twenty: the host's and one member's page in two Chromium tabs, the
 * others in Node processes, three each, the real connector and a real SIP call per round.
 *
 * All clocks are of this machine. Clicks are stamped by the page, gate closings and `switched` messages by the ledger with
 * wall-clock time (Date.now), sound with CLOCK_MONOTONIC, which all processes share; the difference of the two is taken once a
 * round. What the ledger says of a switch is later than the switch itself, by signature, transport and record.
 */
export interface ConsentFigures {
  /** Until the caller hears the first voice of the room. */
  readonly clickToAudioP95Ms: number;
  /** Until the caller hears both who talk. */
  readonly clickToBothVoicesP95Ms: number;
  readonly gateClosedP95Ms: number;
  readonly newEpochEverywhereP95Ms: number;
  readonly newEpochEverywhereMaxMs: number;
  readonly lastAudibleP95Ms: number;
  readonly members: number;
  readonly rounds: number;
  /** Whether pages, connector and phone had the processor before the other members. */
  readonly realtime: boolean;
  /** Medians, which a busy machine disturbs less. */
  readonly median: Readonly<Record<Measured, number>>;
  /** What the host's page said at the end of each lock-out. */
  readonly saidLockedOutMedianMs: number;
}

const measured = [
  'clickToAudio',
  'clickToBothVoices',
  'gateClosed',
  'newEpochEverywhere',
  'lastAudible',
] as const;
type Measured = (typeof measured)[number];

interface Round {
  readonly approvedAt: number;
  readonly revokedAt: number;
  /** Wall-clock time less monotonic time. */
  readonly offset: number;
  readonly saidMs: number;
  readonly heard: Hearing['heard'];
}

/** As many share a Node process. */
const membersAProcess = 3;

/** How long everybody is left talking before the revoke. */
const talkMs = 1_500;

interface Cast {
  readonly connector: Connector;
  readonly pages: Pages;
  readonly phone: Party;
  readonly members: readonly Party[];
}

export async function benchConsent(values: Readonly<Record<string, string>>): Promise<ConsentFigures> {
  const count = { rounds: Number(values.rounds), members: Number(values.members) };
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-consent-'));
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const cast = await meet(folder, count.members, stops);
    const realtime = values.realtime === '1' && goAhead(cast);
    const rounds: Round[] = [];
    for (let i = 0; i < count.rounds; i += 1) {
      rounds.push(await playRound(cast));
      console.error(`round ${i + 1} of ${count.rounds}`);
    }
    for (const stop of stops.splice(0).reverse()) await stop();
    const record = readLedger(cast.connector.banner.dataDir);
    return { ...figures(rounds, record, count.members), realtime };
  } finally {
    for (const stop of stops.reverse()) await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The many have machines of their own in life: here their work must not be in the way of those who are measured. Connector and
 * phone go before the pages, which two browsers on two machines would not keep waiting either.
 */
function goAhead({ members }: Cast): boolean {
  const others = members.flatMap(({ process: { pid } }) => pid ?? []);
  const measured = descendants(others);
  const isPage = ({ program }: { program: string }): boolean => program.includes('chrom');
  const pages = measured.filter(isPage).map(({ pid }) => pid);
  const rest = measured.filter((one) => !isPage(one)).map(({ pid }) => pid);
  return scheduleFirst(pages, 1) && scheduleFirst(rest, 3);
}

async function meet(folder: string, members: number, stops: (() => Promise<unknown>)[]): Promise<Cast> {
  const connector = await startConnector({ folder });
  stops.push(() => connector.stop());
  const { httpUrl, claim, sip } = connector.banner;
  const pages = await openPages();
  stops.push(() => pages.close());
  const { host, member } = pages;
  await host.goto(`${httpUrl}/host#${claim}`);
  await host.fill('#name', 'Hanna');
  await host.click('button:has-text("Start the meeting")');
  await heading(host, 'Only you are here. No phone.');
  const invite = (await host.textContent('code.link'))!;
  await member.goto(invite);
  await member.fill('#name', 'Mirek');
  await member.click('button:has-text("Join the meeting")');
  await heading(member, '2 people can hear. No phone.');
  const start = (
    name: string,
    file: string,
    line: Readonly<Record<string, unknown>>,
    ownSession = false,
  ): Party => {
    const args = [join(import.meta.dirname, file)];
    const party = new Party({ name, args, logFolder: folder, ownSession });
    party.send({ kind: 'start', ...line });
    stops.push(() => party.stop(2_000));
    return party;
  };
  const names = Array.from({ length: members - 2 }, (_, i) => `Member ${i + 3}`);
  const others: Party[] = [];
  while (names.length > 0) {
    const some = names.splice(0, membersAProcess);
    const line = { httpUrl, invite, names: some };
    const party = start(`members-${others.length + 1}`, 'consent-members.ts', line, true);
    others.push(party);
    // One after the other: so many at once would wait for each other's time limits on a small machine.
    await party.until('ready', undefined, 60_000);
  }
  await heading(host, `${members} people can hear. No phone.`);
  const promptsDir = resolve(import.meta.dirname, '../../config/prompts/en');
  const phone = start('phone', 'consent-phone.ts', { target: sip, promptsDir });
  await phone.until('ready');
  return { connector, pages, phone, members: others };
}

const live = 'dialog button[aria-disabled="false"]:has-text("Allow")';
const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

async function playRound({ connector, pages: { host }, phone }: Cast): Promise<Round> {
  const offset = Date.now() - nowMs();
  const answered = phone.next('answered');
  const notice = phone.next('prompt', ({ name }) => name === 'notice', 30_000);
  phone.send({ kind: 'call' });
  await answered;
  phone.send({ kind: 'dial', digits: connector.banner.pin });
  await notice;
  phone.send({ kind: 'dial', digits: '1' });
  await host.waitForSelector(live, { timeout: 30_000 });
  const hears = ['host', 'member'].map((whom) =>
    phone.next('hears', ({ party, hears: yes }) => party === whom && yes === true, 30_000),
  );
  const approvedAt = await click(host, live);
  await Promise.all(hears);
  await wait(talkMs);
  const revokedAt = await click(host, 'button:has-text("Revoke the key")');
  const words = await host.waitForSelector('.bridge-state:has-text("Locked out after")', { timeout: 30_000 });
  const said = /after ([\d.]+) s/.exec((await words.textContent()) ?? '')?.[1];
  // The last frames under the grant are still on their way through jitter buffer and detector.
  await wait(500);
  const ended = phone.next('ended');
  phone.send({ kind: 'hang-up' });
  const { heard } = await ended;
  await host.waitForSelector('.bridge-state', { state: 'detached', timeout: 30_000 });
  return { approvedAt, revokedAt, offset, saidMs: Number(said) * 1_000, heard: heard as Hearing['heard'] };
}

interface Switch {
  /** Thumbprint of who says so. */
  readonly by: string;
  readonly epoch: number;
  readonly at: number;
}

interface LedgerRecord {
  /** When the vault wrote down that a revocation had closed the gate: the worker tells it afterwards. */
  readonly closed: readonly number[];
  readonly switches: readonly Switch[];
}

/** What the connector's ledger says, by the vault's wall clock. */
function readLedger(dataDir: string): LedgerRecord {
  const db = new DatabaseSync(join(dataDir, 'ledger.sqlite'), { readOnly: true });
  try {
    const leaves = db
      .prepare('SELECT body FROM leaves ORDER BY seq')
      .all()
      .map(({ body }) => JSON.parse(Buffer.from(body as Uint8Array).toString('utf8')) as Leaf);
    return {
      closed: leaves.filter(({ type }) => type === 'revoked' || type === 'gate-closed').map(({ at }) => at),
      switches: leaves
        .filter(({ type }) => type === 'switched')
        .map(({ at, data }) => ({ at, by: data['by'] as string, epoch: data['epoch'] as number })),
    };
  } finally {
    db.close();
  }
}

interface Leaf {
  readonly type: string;
  readonly at: number;
  readonly data: Readonly<Record<string, unknown>>;
}

function figures(
  rounds: readonly Round[],
  record: LedgerRecord,
  members: number,
): Omit<ConsentFigures, 'realtime'> {
  const of = rounds.map((round) => measure(round, record, members));
  const column = (name: Measured): number[] => of.map((one) => one[name]).sort((a, b) => a - b);
  const p95 = (name: Measured): number => at(column(name), 0.95);
  return {
    clickToAudioP95Ms: p95('clickToAudio'),
    clickToBothVoicesP95Ms: p95('clickToBothVoices'),
    gateClosedP95Ms: p95('gateClosed'),
    newEpochEverywhereP95Ms: p95('newEpochEverywhere'),
    newEpochEverywhereMaxMs: at(column('newEpochEverywhere'), 1),
    lastAudibleP95Ms: p95('lastAudible'),
    members,
    rounds: rounds.length,
    median: Object.fromEntries(
      measured.map((name) => [name, at(column(name), 0.5)]),
    ) as ConsentFigures['median'],
    saidLockedOutMedianMs: at(
      rounds.map(({ saidMs }) => saidMs).sort((a, b) => a - b),
      0.5,
    ),
  };
}

function measure(
  round: Round,
  { switches, closed }: LedgerRecord,
  members: number,
): Readonly<Record<Measured, number>> {
  const approved = round.approvedAt - round.offset;
  const revoked = round.revokedAt - round.offset;
  const voices = [round.heard.host, round.heard.member];
  const onsets = voices.map((times) => (firstAfter(times, approved) ?? Infinity) - approved);
  const last = Math.max(...voices.map((times) => lastBetween(times, revoked, Infinity) ?? revoked)) - revoked;
  const closedAt = closed.find((wall) => wall >= round.revokedAt) ?? Infinity;
  return {
    clickToAudio: Math.min(...onsets),
    clickToBothVoices: Math.max(...onsets),
    gateClosed: closedAt - round.revokedAt,
    newEpochEverywhere: everywhere(switches, round.revokedAt, members) - round.revokedAt,
    lastAudible: last,
  };
}

/** When the last of all members is recorded to use the first epoch that began after `from`. */
function everywhere(switches: readonly Switch[], from: number, members: number): number {
  const before = Math.max(0, ...switches.filter(({ at: when }) => when < from).map(({ epoch }) => epoch));
  const after = switches.filter(({ at: when, epoch }) => when >= from && epoch > before);
  const first = new Map<string, number>();
  for (const { by: who, at: when } of after) if (!first.has(who)) first.set(who, when);
  return first.size < members ? Infinity : Math.max(...first.values());
}

/** `share` of the sorted values lie at or below it. */
function at(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
  return Math.round(value);
}
