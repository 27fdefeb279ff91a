import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fromBase64url } from '../../src/base/bytes.ts';
import { personalCommitment } from '../../src/ledger/commitment.ts';
import { parseEntry } from '../../src/ledger/entry.ts';
import { checkProof } from '../../src/consent/messages/ledger-proof.ts';
import { messageHash, verifyMessage } from '../../src/consent/messages/jws.ts';
import { checkCertificate } from '../../src/consent/messages/certificate.ts';
import type { Payload } from '../../src/consent/messages/catalog.ts';
import {
  bytesOfPayload,
  random,
  requestPayload,
  testHost,
  testKey,
  type TestMeeting,
} from '../support/consent-peers.ts';
import { manualClock } from '../support/clock.ts';
import {
  keyOpened,
  launchVault,
  makeDir,
  meetingFor,
  removeDir,
  type TestVault,
  type TestWorker,
} from '../support/vault.ts';

let vault: TestVault;
let meeting: TestMeeting;
let worker: TestWorker;

beforeEach(async () => {
  vault = await launchVault(await makeDir());
  meeting = await meetingFor(vault);
  worker = await vault.worker(meeting);
});

afterEach(async () => {
  await vault.stop();
  await removeDir(vault.dir);
});

const raw = (text: string): Uint8Array<ArrayBuffer> => fromBase64url(text)!;

async function ask(over: Partial<Payload<'bridge-request'>> = {}): Promise<string> {
  const payload = requestPayload(meeting, { join: worker.join, info: vault.handle.info }, over);
  const signed = await worker.vault.signRequest(bytesOfPayload('bridge-request', payload), []);
  if (!signed.ok) throw new Error(signed.reason);
  return (await messageHash(signed.value.jws, raw(vault.handle.info.identityKey)))!;
}

test('keys are files that their owner alone may read, and the certificate binds them', async () => {
  for (const name of ['identity.pem', 'operator.pem', 'ledger.pem', 'ledger.sqlite']) {
    expect(statSync(join(vault.dir, name)).mode & 0o777, name).toBe(0o600);
  }
  const { info } = vault.handle;
  const rules = { operators: [info.operatorThumbprint], key: raw(info.identityKey), wallMs: 1 };
  const checked = await checkCertificate(info.certificate, rules);
  expect(checked.ok && checked.value.operatorName).toBe('Test operator');
  expect(checked.ok && checked.value.ledgerKey).toEqual(raw(info.ledgerKey));
});

test('identity and ledger key outlive a restart, and control learns no private key', async () => {
  const before = vault.handle.info;
  await vault.stop();
  vault = await launchVault(vault.dir);
  expect(vault.handle.info.identityKey).toBe(before.identityKey);
  expect(vault.handle.info.ledgerKey).toBe(before.ledgerKey);
  expect(Object.keys(vault.handle.info).sort()).toEqual([
    'certificate',
    'certificateEndsMs',
    'identityKey',
    'identityThumbprint',
    'ledgerKey',
    'ledgerThumbprint',
    'operatorKept',
    'operatorKey',
    'operatorName',
    'operatorThumbprint',
    'revocationNumber',
    'revocations',
    'rotation',
  ]);
});

test('a request is ledgered with its labels as commitments, and signed by the identity key', async () => {
  const salt = random(16);
  const leg = random(16);
  const label = personalCommitment(raw(salt), 'somebody');
  const payload = requestPayload(
    meeting,
    { join: worker.join, info: vault.handle.info },
    { callers: [{ leg, label }] },
  );
  const personal = [{ name: 'label', leg, salt, value: 'somebody' }];
  const signed = await worker.vault.signRequest(bytesOfPayload('bridge-request', payload), personal);
  if (!signed.ok) throw new Error(signed.reason);
  const { jws, proof } = signed.value;
  const verified = await verifyMessage(jws, 'bridge-request', raw(vault.handle.info.identityKey));
  expect(verified.ok).toBe(true);
  const proven = await checkProof(proof!, raw(vault.handle.info.ledgerKey));
  expect(proven.ok && proven.value.entry['jws']).toBe(jws);
  const entry = parseEntry(proof!.leaf);
  expect(entry.ok && entry.value.data?.['legs']).toEqual([leg]);
  expect(new TextDecoder().decode(proof!.leaf)).not.toContain('somebody');
});

test('a grant by the registered host consumes the request, and its proof holds under the ledger key', async () => {
  const request = await ask();
  const jws = await testHost(meeting).grant({ request, epoch: 1 });
  const recorded = await worker.vault.recordAnswer(jws);
  if (!recorded.ok) throw new Error(recorded.reason);
  const proven = await checkProof(recorded.value, raw(vault.handle.info.ledgerKey));
  expect(proven.ok && proven.value.entry['type']).toBe('grant');
  expect(proven.ok && proven.value.entry['jws']).toBe(jws);
  expect(await worker.vault.recordAnswer(jws)).toEqual({ ok: false, reason: 'request-not-open' });
  expect(await worker.vault.highest(meeting.id)).toEqual({ ok: true, value: { term: 1, epoch: 1 } });
});

test('what a grant leads to is written with it or not at all, and is nothing but that', async () => {
  const request = await ask();
  const host = testHost(meeting);
  const { join: bridge } = worker;
  const opened = {
    type: 'key-opened',
    meeting: meeting.id,
    bridge,
    data: { grant: random(32), term: 1, epoch: 1, suite: 'X-Wing' },
  } as const;
  const jws = await host.grant({ request, epoch: 1 });
  const another = random(16);
  for (const [also, reason] of [
    [{ ...opened, bridge: another }, 'other-bridge'],
    [{ ...opened, meeting: random(32) }, 'type-not-allowed'],
    [{ type: 'key-destroyed', meeting: meeting.id, bridge, data: { reason: 'revoked' } }, 'type-not-allowed'],
  ] as const) {
    expect(await worker.vault.recordAnswer(jws, [also])).toEqual({ ok: false, reason });
  }
  expect(await worker.vault.recordAnswer(await host.denial(request), [opened])).toEqual({
    ok: false,
    reason: 'type-not-allowed',
  });
  const recorded = await worker.vault.recordAnswer(jws, [opened]);
  if (!recorded.ok) throw new Error(recorded.reason);
  const next = await worker.vault.append([
    { type: 'heartbeat-lost', meeting: meeting.id, bridge, data: { forMs: 1 } },
  ]);
  // The grant itself is what is proven; one leaf lies between it and the next one.
  expect(parseEntry(recorded.value.leaf)).toMatchObject({ value: { type: 'grant' } });
  expect(next.ok && next.value.seq - recorded.value.seq).toBe(2);
});

test('of two answers in flight for one request only the first counts', async () => {
  const request = await ask();
  const host = testHost(meeting);
  const answers = await Promise.all([
    worker.vault.recordAnswer(await host.denial(request)),
    worker.vault.recordAnswer(await host.grant({ request, epoch: 1 })),
  ]);
  expect(answers.map((a) => a.ok)).toEqual([true, false]);
});

test.each([
  [
    'signed by somebody who is no host',
    async (request: string) => testHost(meeting, testKey()).grant({ request, epoch: 1 }),
    'jws-signature',
  ],
  [
    'for another request',
    async () => testHost(meeting).grant({ request: random(32), epoch: 1 }),
    'request-not-open',
  ],
  [
    'for another meeting',
    async (request: string) => testHost(await meetingFor(vault)).grant({ request, epoch: 1 }),
    'other-meeting',
  ],
  [
    'of another instance',
    async (request: string) => testHost({ ...meeting, instance: random(16) }).grant({ request, epoch: 1 }),
    'other-instance',
  ],
  [
    'that admits a leg nobody asked for',
    async (request: string) => testHost(meeting).grant({ request, epoch: 1, legs: [random(16)] }),
    'leg-not-asked',
  ],
  [
    'with a byte changed',
    async (request: string) =>
      (await testHost(meeting).grant({ request, epoch: 1 })).replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A')),
    /jws-/,
  ],
])('a grant %s is refused, and the request stays open', async (_, make, reason) => {
  const request = await ask();
  const refused = await worker.vault.recordAnswer(await make(request));
  expect(refused).toEqual({ ok: false, reason: expect.stringMatching(reason) as string });
  const good = await worker.vault.recordAnswer(await testHost(meeting).grant({ request, epoch: 1 }));
  expect(good.ok).toBe(true);
});

test('an epoch that was granted once is not granted again, not even after a restart', async () => {
  const host = testHost(meeting);
  const first = await worker.vault.recordAnswer(await host.grant({ request: await ask(), epoch: 5 }));
  expect(first.ok).toBe(true);
  await vault.stop();
  vault = await launchVault(vault.dir);
  worker = await vault.worker(meeting);
  const request = await ask();
  const again = await worker.vault.recordAnswer(await host.grant({ request, epoch: 5 }));
  expect(again).toEqual({ ok: false, reason: 'epoch-not-fresh' });
  expect((await worker.vault.recordAnswer(await host.grant({ request, epoch: 6 }))).ok).toBe(true);
});

test('a request of before a restart cannot be answered', async () => {
  const request = await ask();
  await vault.stop();
  vault = await launchVault(vault.dir);
  worker = await vault.worker(meeting);
  const late = await worker.vault.recordAnswer(await testHost(meeting).grant({ request, epoch: 1 }));
  expect(late).toEqual({ ok: false, reason: 'request-not-open' });
});

test.each([
  ['another key', () => ({ key: random(32) }), 'other-key'],
  [
    'another certificate',
    () => ({ certificate: vault.handle.info.certificate.replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A')) }),
    'other-certificate',
  ],
  ['another meeting', () => ({ meeting: random(32) }), 'other-meeting'],
])('a request that names %s is not signed', async (_, over, reason) => {
  await expect(ask(over())).rejects.toThrow(reason);
});

test('one HPKE key serves one request, and one worker one bridge', async () => {
  const hpke = random(1216);
  await ask({ hpke });
  await expect(ask({ hpke })).rejects.toThrow('hpke-key-reused');
  await expect(ask({ join: random(16) })).rejects.toThrow('other-bridge');
});

test('the worker gets no signature under types that are not its own, nor for another meeting', async () => {
  const nonce = {
    v: 1,
    meeting: meeting.id,
    instance: meeting.instance,
    join: worker.join,
    nonce: random(16),
    epoch: 1,
    roster: '',
  } as const;
  const signed = await worker.vault.sign('nonce', bytesOfPayload('nonce', nonce));
  expect(
    signed.ok && (await verifyMessage(signed.value, 'nonce', raw(vault.handle.info.identityKey))).ok,
  ).toBe(true);
  const other = await worker.vault.sign('nonce', bytesOfPayload('nonce', { ...nonce, meeting: random(32) }));
  expect(other).toEqual({ ok: false, reason: 'other-meeting' });
  const request = bytesOfPayload(
    'bridge-request',
    requestPayload(meeting, { join: worker.join, info: vault.handle.info }),
  );
  expect(await worker.vault.sign('bridge-request', request)).toEqual({
    ok: false,
    reason: 'type-not-allowed',
  });
  expect(await worker.vault.sign('nonce', request)).toEqual({ ok: false, reason: 'jws-schema' });
});

test('neither control nor a worker can write what the vault alone may state', async () => {
  const keyEvents = [
    'request',
    'grant',
    'denial',
    'key-opened',
    'rekeyed',
    'start',
    'stop',
    'recovered',
    'roster',
  ] as const;
  for (const type of keyEvents) {
    await expect(vault.handle.append([{ type, meeting: meeting.id }]), type).rejects.toThrow(
      'type-not-allowed',
    );
  }
  for (const type of [
    'request',
    'grant',
    'denial',
    'start',
    'stop',
    'recovered',
    'operator-action',
  ] as const) {
    const refused = await worker.vault.append([{ type, meeting: meeting.id }]);
    expect(refused, type).toEqual({ ok: false, reason: 'type-not-allowed' });
  }
  const foreign = await worker.vault.append([{ type: 'key-opened', meeting: random(32) }]);
  expect(foreign).toEqual({ ok: false, reason: 'type-not-allowed' });
});

test('what a worker that is lost had open is closed in the ledger', async () => {
  const leg = random(16);
  const bridge = worker.join;
  const opened = await worker.vault.append([
    keyOpened(meeting.id, bridge),
    { type: 'leg-joined', meeting: meeting.id, bridge, leg },
  ]);
  if (!opened.ok) throw new Error(opened.reason);
  worker.pipe.destroy();
  const other = await vault.worker(meeting);
  // Adopting the next worker wrote registration-seen; the loss stands before or after it.
  let proof = await other.vault.append([
    { type: 'refused', meeting: meeting.id, data: { what: 'packet', reason: 'probe' } },
  ]);
  while (proof.ok && proof.value.seq < opened.value.seq + 5) {
    proof = await other.vault.append([
      { type: 'refused', meeting: meeting.id, data: { what: 'packet', reason: 'probe' } },
    ]);
  }
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(join(vault.dir, 'ledger.sqlite'), { readOnly: true });
  const types = db
    .prepare('SELECT body FROM leaves WHERE seq > ? ORDER BY seq')
    .all(opened.value.seq)
    .map((row) => (JSON.parse(Buffer.from(row['body'] as Uint8Array).toString()) as { type: string }).type);
  db.close();
  expect(types).toEqual(expect.arrayContaining(['leg-left', 'key-destroyed']));
});

test('a registration that is not the meeting’s closes the pipe', async () => {
  const { registration } = await meetingFor(vault);
  await expect(vault.worker({ ...meeting, registration })).rejects.toThrow('the vault is gone');
});

test('bytes that are no frames end the pipe of that worker only', async () => {
  const other = await vault.worker(await meetingFor(vault));
  worker.pipe.write(Buffer.from('ffffffff00', 'hex'));
  await expect.poll(() => worker.lost).toEqual(['the vault is gone']);
  expect((await other.vault.highest('')).ok).toBe(true);
});

test('a vault that hangs is lost to control after 10 s, and everything that waits for it is told', async () => {
  await vault.stop();
  const clock = manualClock();
  vault = await launchVault(vault.dir, {}, clock);
  process.kill(vault.handle.pid, 'SIGSTOP');
  const waiting = [vault.handle.append([{ type: 'drain' }]), vault.handle.append([{ type: 'drain' }])];
  const told = Promise.allSettled(waiting);
  clock.advance(9_999);
  expect(vault.lost).toEqual([]);
  clock.advance(1);
  expect(await told).toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
  expect(vault.lost).toEqual(['the vault does not answer']);
  process.kill(vault.handle.pid, 'SIGCONT');
});

test('a second vault on the same folder is refused while the first lives', async () => {
  await expect(launchVault(vault.dir)).rejects.toThrow('another process writes this ledger');
});
