import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerEnd } from '../../../../src/admin/api/wire.ts';
import { recordOperations } from '../../../../src/admin/api/record-operations.ts';
import type { AdminPorts } from '../../../../src/admin/ports.ts';
import { toBase64url } from '../../../../src/base/bytes.ts';
import { ok } from '../../../../src/base/result.ts';
import { thumbprint } from '../../../../src/ledger/checkpoint.ts';
import { sqliteStore } from '../../../../src/ledger/sqlite.ts';
import type { LedgerWriter } from '../../../../src/ledger/writer.ts';
import { checkTail } from '../../../../src/web/admin/check-tail.ts';
import { eventReader } from '../../../../src/web/admin/event-reader.ts';
import { afterEvent, emptyView } from '../../../../src/web/admin/live-view.ts';
import { handClock, openTestLedger, testConnector } from '../../../support/ledger-story.ts';

let dir: string;
let writer: LedgerWriter;
let ledgerKey: Uint8Array;
let read: (query: Readonly<Record<string, number>>) => Promise<LedgerEnd>;
let events: (query: Readonly<Record<string, unknown>>) => Promise<{
  readonly items: readonly { readonly seq: number; readonly type: string }[];
  readonly next: string | null;
}>;
const leg = 'L'.repeat(22);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'latchkey-tail-'));
  const connector = await testConnector();
  ledgerKey = connector.ledger.publicKey;
  writer = await openTestLedger(sqliteStore(join(dir, 'ledger.sqlite')), connector, handClock());
  const operations = recordOperations({
    tail: async (query) => ok(await writer.tail(query)),
    ledgerKey: toBase64url(connector.ledger.publicKey),
  } as AdminPorts);
  const ask = async (id: string, query: unknown): Promise<unknown> => {
    const operation = operations.find((one) => one.id === id)!;
    const answer = await operation.handle({
      principal: { kind: 'key', id: '', role: 'auditor' },
      params: {},
      query,
      body: undefined,
    });
    if (!answer.ok) throw new Error(answer.reason);
    return answer.value;
  };
  read = async (query) => (await ask('getLedger', query)) as LedgerEnd;
  events = async (query) => (await ask('listConsentEvents', query)) as Awaited<ReturnType<typeof events>>;
  for (let i = 0; i < 300; i += 1) await writer.append([{ type: 'drain', data: { legs: i } }]);
});
afterAll(async () => {
  await writer.close();
  rmSync(dir, { recursive: true });
});

describe('the ledger’s end, as the operator page checks it', () => {
  it('verifies, from any position, pruned or not, and as a continuation', async () => {
    const first = await checkTail(await read({ limit: 12 }), null);
    // The same as the command line shows.
    expect(first).toMatchObject({ ok: true, thumbprint: thumbprint(ledgerKey) });
    await writer.append([{ type: 'drain', data: { legs: 1 } }]);
    const before = first.ok ? first : null;
    const next = await read({ limit: 12, since: before!.head.size });
    expect(await checkTail(next, before)).toMatchObject({ ok: true, head: { size: 302 } });
    const older = await read({ limit: 3, before: 10 });
    expect(older.leaves.map(({ seq }) => seq)).toEqual([7, 8, 9]);
    expect((await checkTail(older, null)).ok).toBe(true);
    expect((await checkTail(await read({ limit: 0 }), null)).ok).toBe(true);
  });

  it('names what was changed: leaf, checkpoint, key or history', async () => {
    const good = await read({ limit: 3 });
    const [one, two, three] = good.leaves;
    const edited = toBase64url(
      Buffer.from(Buffer.from(three!.leaf!, 'base64url').toString().replace('"legs":', '"legz":')),
    );
    const leaves = [one!, two!, { ...three!, leaf: edited }];
    expect(await checkTail({ ...good, leaves }, null)).toEqual({ ok: false, fault: 'leaf' });
    const swapped = [two!, one!, three!].map((each, i) => ({ ...each, seq: good.leaves[i]!.seq }));
    expect(await checkTail({ ...good, leaves: swapped }, null)).toEqual({ ok: false, fault: 'leaf' });
    const other = await testConnector();
    const othersKey = toBase64url(other.ledger.publicKey);
    expect(await checkTail({ ...good, ledgerKey: othersKey }, null)).toEqual({
      ok: false,
      fault: 'checkpoint',
    });
    expect(await checkTail({ ...good, size: good.size + 1 }, null)).toEqual({
      ok: false,
      fault: 'checkpoint',
    });
    const seen = await checkTail(good, null);
    if (!seen.ok) throw new Error('the good one is good');
    const head = { ...seen.head, root: new Uint8Array(32) };
    const later = await read({ limit: 1, since: good.size });
    expect(await checkTail(later, { ...seen, head })).toEqual({ ok: false, fault: 'growth' });
    expect(await checkTail({ ...later, growth: null }, seen)).toEqual({ ok: false, fault: 'growth' });
  });

  it('a page of consent events goes on where it ended, over leaves that are none', async () => {
    const heard = { textHash: 'H'.repeat(43), language: 'en', accepted: true };
    await writer.append([{ type: 'notice-answered', leg, data: heard }]);
    for (let i = 0; i < 250; i += 1) await writer.append([{ type: 'drain', data: { legs: i } }]);
    await writer.append([{ type: 'notice-answered', leg, data: { ...heard, accepted: false } }]);
    const first = await events({ limit: 1 });
    expect(first.items).toMatchObject([{ type: 'notice-answered', data: { accepted: false } }]);
    const second = await events({ limit: 1, cursor: first.next });
    expect(second.items).toMatchObject([{ type: 'notice-answered', data: { accepted: true } }]);
    const rest = await events({ cursor: second.next });
    expect(rest.items).toEqual([]);
    await expect(events({ cursor: 'x1' })).rejects.toThrow('cursor-invalid');
  });
});

describe('the event stream', () => {
  it('is read in pieces cut anywhere', () => {
    const text = ': here\n\nevent: leg\ndata: {"a":1}\n\nevent: x\ndata: 1\ndata: 2\n\n';
    for (let cut = 1; cut < text.length; cut += 1) {
      const reader = eventReader();
      expect([...reader(text.slice(0, cut)), ...reader(text.slice(cut))]).toEqual([
        { event: 'leg', data: '{"a":1}' },
        { event: 'x', data: '1\n2' },
      ]);
    }
  });

  it('keeps the view: what changes stays in its place, what is gone is gone', () => {
    const event = (name: string, data: unknown) => ({ event: name, data: JSON.stringify(data) });
    let view = afterEvent(emptyView, event('snapshot', { legs: [{ id: 'a' }, { id: 'b' }], bridges: [] }));
    view = afterEvent(view, event('leg', { leg: { id: 'a', phase: 'waiting' } }));
    view = afterEvent(view, event('leg', { leg: { id: 'c' } }));
    view = afterEvent(view, event('leg-gone', { id: 'b' }));
    view = afterEvent(view, event('bridge', { bridge: { meeting: 'm' } }));
    view = afterEvent(view, event('something-new', { leg: { id: 'z' } }));
    expect(view).toEqual({ legs: [{ id: 'a', phase: 'waiting' }, { id: 'c' }], bridges: [{ meeting: 'm' }] });
    expect(afterEvent(view, event('bridge-gone', { meeting: 'm' })).bridges).toEqual([]);
  });
});
