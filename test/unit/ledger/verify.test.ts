import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sqliteStore } from '../../../src/ledger/sqlite.ts';
import type { LedgerWriter } from '../../../src/ledger/writer.ts';
import { nodePrimitives, openSource } from '../../../src/ledger/verify/node.ts';
import { verifyLog, type Report, type VerifyOptions } from '../../../src/ledger/verify/verify.ts';
import {
  handClock,
  openTestLedger,
  playCall,
  Story,
  testConnector,
  type HandClock,
  type TestConnector,
} from '../../support/ledger-story.ts';
import { random, testKey } from '../../support/consent-peers.ts';
import { makeDir, removeDir } from '../../support/vault.ts';

let dir: string;
let connector: TestConnector;
let clock: HandClock;
let ledger: LedgerWriter;

const file = (): string => join(dir, 'ledger.sqlite');
const open = (): Promise<LedgerWriter> => openTestLedger(sqliteStore(file()), connector, clock);

function verify(options: Partial<VerifyOptions> = {}): Report {
  const source = openSource(file());
  try {
    return verifyLog({ primitives: nodePrimitives(), source, ...options });
  } finally {
    source.close();
  }
}

const codes = (report: Report): string[] => [...report.counts.keys()];

beforeEach(async () => {
  dir = await makeDir();
  connector = await testConnector();
  clock = handClock();
  ledger = await open();
});

afterEach(async () => {
  await ledger.close();
  await removeDir(dir);
});

test('a whole call verifies while the writer has the ledger open, and the leg heard from the grant to the last switch', async () => {
  const { leg, from, to } = await playCall(ledger, connector, clock);
  const report = verify();
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ verified: true, basis: 'self-consistent', operatorName: 'Test operator' });
  expect(report.intervals).toHaveLength(1);
  expect(report.intervals[0]).toMatchObject({ leg, endProven: true, hear: true, speak: true });
  expect(report.intervals[0]?.from).toMatchObject({ at: from });
  expect(report.intervals[0]?.to).toMatchObject({ at: to });
});

test('trust in the ledger key or in the operator key makes it a trusted log; trust in another does not verify', async () => {
  await playCall(ledger, connector, clock);
  const { ledgerThumbprint, operatorThumbprint } = verify();
  expect(verify({ trust: [ledgerThumbprint] })).toMatchObject({ verified: true, basis: 'trusted' });
  expect(verify({ trust: [operatorThumbprint] })).toMatchObject({ verified: true, basis: 'trusted' });
  const other = verify({ trust: [random(32)] });
  expect(other.verified).toBe(false);
  expect(codes(other)).toEqual(['key-untrusted']);
});

test('with a sender that never switches, the leg heard for 10 s after the new list', async () => {
  const { story } = await playCallWithoutSwitches();
  const [interval] = verify().intervals;
  expect(interval?.to?.at).toBe(story.revokedAt + 10_000);
  expect(interval?.endProven).toBe(true);
});

test('an app that was only asked to rotate proves no end, however quickly it answered', async () => {
  const { story } = await playCallWithoutSwitches('asked');
  const [interval] = verify().intervals;
  expect(interval?.to?.at).toBe(story.revokedAt + 10_000);
  expect(interval?.to?.why).toContain('asked to change');
  expect(interval?.endProven).toBe(false);
});

async function playCallWithoutSwitches(
  rotation: 'confirmed' | 'asked' = 'confirmed',
): Promise<{ story: { revokedAt: number } }> {
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  const request = await story.request([{ leg, label: 'x' }]);
  await story.grantTo(request, [leg]);
  await story.openKey();
  await story.join(leg);
  await story.listHolder([leg]);
  clock.move(5_000);
  const revokedAt = clock.wallMs();
  const roster = await story.revoke();
  await story.switched(story.members[0]!, roster, rotation);
  clock.move(30_000);
  await story.roster();
  return { story: { revokedAt } };
}

test('the connector’s own word that a leg left does not shorten what the host’s lists say', async () => {
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  await story.grantTo(await story.request([{ leg, label: 'x' }]), [leg]);
  await story.openKey();
  await story.join(leg);
  await story.listHolder([leg]);
  clock.move(1_000);
  await story.leave(leg);
  const left = clock.wallMs();
  clock.move(9_000);
  await story.listHolder([]);
  const [interval] = verify().intervals;
  expect(interval?.leftAt).toBe(left);
  expect(interval?.to?.at).toBe(left + 9_000);
});

test('after a crash the log recovers, and the interval ends with the recovery, not proven', async () => {
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  await story.grantTo(await story.request([{ leg, label: 'x' }]), [leg]);
  await story.openKey();
  await story.join(leg);
  await story.listHolder([leg]);
  // A copy of the file while the writer is in the middle of it is what a crash leaves.
  const { cp } = await import('node:fs/promises');
  const crashed = `${dir}-crashed`;
  await cp(dir, crashed, { recursive: true });
  clock.move(60_000);
  const again = await openTestLedger(sqliteStore(join(crashed, 'ledger.sqlite')), connector, clock);
  const source = openSource(join(crashed, 'ledger.sqlite'));
  const report = verifyLog({ primitives: nodePrimitives(), source });
  source.close();
  await again.close();
  await removeDir(crashed);
  expect(report.findings).toEqual([]);
  expect(report.intervals).toHaveLength(1);
  expect(report.intervals[0]).toMatchObject({ endProven: false, to: { at: clock.wallMs() + 10_000 } });
});

test('a call that goes on has no end yet', async () => {
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  await story.grantTo(await story.request([{ leg, label: 'x' }]), [leg]);
  await story.openKey();
  await story.join(leg);
  const [interval] = verify().intervals;
  expect(interval).toMatchObject({ to: null, endProven: false });
});

test('a talk-only grant could speak, and could not hear', async () => {
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  const request = await story.request([{ leg, label: 'x' }]);
  await story.grantTo(request, [leg], { scope: { audio: 'speak', legs: 'each', next: 0, until: 0 } });
  expect(verify().intervals[0]).toMatchObject({ hear: false, speak: true });
});

test('a grant by a key that is no host’s is named', async () => {
  const story = await Story.begin(ledger, connector);
  const impostor = testKey();
  Object.assign(story.meeting.host, { sign: (bytes: Uint8Array<ArrayBuffer>) => impostor.sign(bytes) });
  await story.grantTo(await story.request([]), []);
  expect(codes(verify())).toEqual(['message-signature']);
});

test('a key opened without a grant, and one opened after the revocation, are named', async () => {
  const story = await Story.begin(ledger, connector);
  story.grant = random(32);
  await story.openKey();
  expect(codes(verify())).toEqual(['key-without-grant']);
  await story.grantTo(await story.request([]), []);
  const opened = { grant: story.grant, term: 1, epoch: story.epoch, suite: 'x-wing' };
  await story.revoke();
  await story.write({ type: 'key-opened', bridge: story.bridge, data: opened });
  expect(codes(verify())).toContain('key-after-revocation');
});

test('a grant that answers nothing, or answers twice, is named', async () => {
  const story = await Story.begin(ledger, connector);
  await story.grantTo(random(32), []);
  expect(codes(verify())).toEqual(['grant-unasked']);
  const request = await story.request([]);
  await story.grantTo(request, []);
  await story.grantTo(request, []);
  expect(codes(verify())).toContain('request-reused');
});

test('a host that signs two messages with one number is named', async () => {
  const story = await Story.begin(ledger, connector);
  await story.roster();
  story.host.rewind();
  await story.roster();
  expect(codes(verify())).toContain('host-equivocated');
});

test('facts beside a message that are not the message’s are named', async () => {
  const story = await Story.begin(ledger, connector);
  const request = await story.request([]);
  const jws = await story.host.grant({ request, epoch: 7 });
  await story.write({ type: 'grant', bridge: story.bridge, jws, data: { request, term: 1, epoch: 8 } });
  expect(codes(verify())).toEqual(['message-contradicted']);
});

test('a jump of the wall clock is noted and breaks nothing', async () => {
  await Story.begin(ledger, connector);
  clock.jump(-3_600_000);
  await Story.begin(ledger, connector);
  const report = verify();
  expect(codes(report)).toEqual(['clock-jumped']);
  expect(report.verified).toBe(true);
});
