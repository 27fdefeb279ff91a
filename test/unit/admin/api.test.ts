import { readFileSync } from 'node:fs';
import { Value } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApi } from '../../../src/admin/api/openapi.ts';
import { apiOperations } from '../../../src/admin/api/operations.ts';
import type { Operation } from '../../../src/admin/api/operation.ts';
import type { AdminPorts } from '../../../src/admin/ports.ts';
import type { LegId, MeetingId } from '../../../src/base/ids.ts';
import { delay, systemClock } from '../../../src/base/clock.ts';
import { eventRules, fitsItsType } from '../../../src/ledger/event-rules.ts';
import { adminStage, type AdminStage } from '../../support/admin-stage.ts';

let stage: AdminStage;
let reader: string;
let auditor: string;
let operator: string;

beforeAll(async () => {
  stage = await adminStage({ hostNames: ['ops.example'] });
  reader = stage.key('reader');
  auditor = stage.key('auditor');
  operator = stage.key('operator');
});
afterAll(() => stage.stop());

const operations: readonly Operation[] = apiOperations({} as AdminPorts);
const operation = (id: string): Operation => operations.find((one) => one.id === id)!;
const post = (key: string, path: string, body: unknown, more: Record<string, string> = {}) =>
  stage.ask(path, { key, method: 'POST', body: JSON.stringify(body), headers: more });
const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as { readonly code?: unknown }).code;

describe('who may ask', () => {
  it('nobody without a key, and nobody with a wrong one', async () => {
    const none = await stage.ask('/v1/legs');
    expect(none.status).toBe(401);
    expect(none.headers.get('www-authenticate')).toContain('Bearer');
    expect(none.headers.get('content-type')).toContain('application/problem+json');
    const wrong = `${operator.slice(0, -1)}${operator.endsWith('A') ? 'B' : 'A'}`;
    expect((await stage.ask('/v1/legs', { key: wrong })).status).toBe(401);
    expect((await stage.ask('/v1/legs', { key: stage.key('reader', 1) })).status).toBe(401);
  });

  it('each role what it may, and no more', async () => {
    const status = async (key: string, path: string): Promise<number> =>
      (await stage.ask(path, { key })).status;
    expect(await status(reader, '/v1/legs')).toBe(200);
    expect(await status(reader, '/v1/config')).toBe(403);
    expect(await status(auditor, '/v1/config')).toBe(200);
    expect((await post(auditor, '/v1/drain', { deadlineSeconds: 5 })).status).toBe(403);
    expect((await post(auditor, '/v1/meetings', { kept: false })).status).toBe(403);
    expect(stage.recorded).toEqual([]);
  });

  it('a revoked key ends within seconds, while the listener runs', async () => {
    const other = await adminStage();
    const key = other.key('reader');
    expect((await other.ask('/v1/status', { key })).status).toBe(200);
    other.forget(key);
    await delay(systemClock, 1_100);
    expect((await other.ask('/v1/status', { key })).status).toBe(401);
    await other.stop();
  });

  it('many wrong keys are slowed down, and a right one is not', async () => {
    const other = await adminStage();
    const key = other.key('reader');
    const seen: number[] = [];
    for (let i = 0; i < 15; i += 1) seen.push((await other.ask('/v1/legs', { key: `${key}x` })).status);
    expect(seen.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    expect(seen.at(-1)).toBe(429);
    expect((await other.ask('/v1/legs', { key })).status).toBe(200);
    await other.stop();
  });

  it('a page of another name gets no answer (DNS rebinding)', async () => {
    const { request } = await import('node:http');
    const as = (host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const asking = request(`${stage.url}/metrics`, { headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        asking.on('error', reject);
        asking.end();
      });
    expect(await as('evil.example')).toBe(421);
    expect(await as('127.0.0.1:9080')).toBe(200);
    expect(await as('[::1]:9080')).toBe(200);
    expect(await as('ops.example')).toBe(200);
  });
});

describe('what changes something', () => {
  it('is in the ledger before it is done, by role and key', async () => {
    stage.recorded.length = 0;
    const made = await post(operator, '/v1/meetings', { name: 'board', kept: true });
    expect(made.status).toBe(201);
    const [entry] = stage.recorded;
    expect(entry).toMatchObject({
      type: 'admin-action',
      data: { action: 'meeting-create', role: 'operator' },
    });
    expect(entry?.data?.['by']).toBe(operator.split('.')[1]);
    expect(eventRules['admin-action'].jws).toBe('none');
    const stamp = { v: 1, seq: 0, at: 1, mono: 1, run: 'A'.repeat(22) } as const;
    expect(fitsItsType({ ...stamp, ...entry! })).toBe(true);
  });

  it('is not done where the ledger does not take it', async () => {
    stage.ledgerFault = 'full';
    const made = await post(operator, '/v1/meetings', { name: 'lost', kept: false });
    expect(made.status).toBe(503);
    expect(await codeOf(made)).toBe('ledger-unavailable');
    expect((await post(operator, '/v1/drain', { deadlineSeconds: 5 })).status).toBe(503);
    stage.ledgerFault = null;
    expect((await stage.ask('/v1/meetings/lost', { key: reader })).status).toBe(404);
    expect(stage.drains).toEqual([]);
  });

  it('is done once for one Idempotency-Key, however often it is asked for', async () => {
    const key = { 'idempotency-key': 'the-first-try-of-mine' };
    const first = await post(operator, '/v1/meetings', { name: 'once', kept: false }, key);
    const again = await post(operator, '/v1/meetings', { name: 'once', kept: false }, key);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await again.json()).toEqual(await first.json());
    const other = await post(operator, '/v1/meetings', { name: 'twice', kept: false }, key);
    expect([other.status, await codeOf(other)]).toEqual([422, 'key-reused']);
    const taken = await post(operator, '/v1/meetings', { name: 'once', kept: false });
    expect([taken.status, await codeOf(taken)]).toEqual([409, 'name-taken']);
  });

  it('says of each meeting which connector serves it: nobody, one of them, not known, or that none is shared', async () => {
    const held = { log: 'bridge-b', here: false, since: 1_000, expiresAt: 9_000, leftMs: 400 };
    const asked: (readonly string[])[] = [];
    let down = false;
    const other = await adminStage({
      holders: (names) => {
        asked.push(names);
        return down ? Promise.reject(new Error('away')) : Promise.resolve(new Map([['board', held]]));
      },
    });
    const key = other.key('operator');
    const make = (name: string) =>
      other.ask('/v1/meetings', { key, method: 'POST', body: JSON.stringify({ name, kept: true }) });
    const servingOf = async (path: string): Promise<unknown> =>
      ((await (await other.ask(path, { key })).json()) as { readonly serving: unknown }).serving;
    expect(await (await make('board')).json()).toMatchObject({
      meeting: { serving: { state: 'held', holder: held } },
    });
    await make('choir');
    expect(await servingOf('/v1/meetings/board')).toEqual({ state: 'held', holder: held });
    expect(await servingOf('/v1/meetings/choir')).toEqual({ state: 'nobody', holder: null });
    asked.length = 0;
    const list = await other.ask('/v1/meetings', { key });
    const { items } = (await list.json()) as { readonly items: readonly { readonly serving: object }[] };
    expect(items.map(({ serving }) => serving)).toMatchObject([{ state: 'held' }, { state: 'nobody' }]);
    expect(asked).toEqual([['board', 'choir']]);
    down = true;
    expect(await servingOf('/v1/meetings/board')).toEqual({ state: 'unknown', holder: null });
    await other.stop();
    // The stage of the other tests shares nothing.
    const alone = await stage.ask('/v1/meetings/board', { key: reader });
    expect(await alone.json()).toMatchObject({ serving: { state: 'not-shared', holder: null } });
  });

  it('tells PINs once, and never again', async () => {
    const { pin, pinId } = (await (
      await post(operator, '/v1/meetings/board/pins', { holder: 'Ann' })
    ).json()) as {
      readonly pin: string;
      readonly pinId: string;
    };
    expect(pin).toMatch(/^\d{6,}$/);
    const shown = await (await stage.ask('/v1/meetings/board', { key: reader })).text();
    expect(shown).toContain('"holder":"Ann"');
    expect(shown).not.toContain(pin);
    expect(JSON.stringify(stage.recorded)).not.toContain(pin);
    const gone = await stage.ask(`/v1/meetings/board/pins/${pinId}`, { key: operator, method: 'DELETE' });
    expect(gone.status).toBe(200);
  });

  it('is refused by place, never repeating what stood there', async () => {
    const bad = await post(operator, '/v1/meetings', { kept: 'SECRET', more: 1 });
    const text = await bad.text();
    expect(bad.status).toBe(400);
    expect(text).not.toContain('SECRET');
    expect(JSON.parse(text)).toMatchObject({ code: 'bad-request', detail: expect.any(String) as string });
    expect((await stage.ask('/v1/calls?limit=0', { key: reader })).status).toBe(400);
    expect((await stage.ask('/v1/calls?limit=1000', { key: reader })).status).toBe(400);
    expect((await stage.ask('/v1/calls?limti=10', { key: reader })).status).toBe(400);
  });
});

const label = { display: '+49 30 ···· 12', verification: 'absent', transport: 'udp+rtp' } as const;
function call(i: number): void {
  stage.live.onEvent({
    ...{
      kind: 'call-answered',
      direction: 'in',
      leg: `leg${i}` as LegId,
      call: `call${i}`,
      trunk: 'carrier',
    },
    ...{ transport: 'udp', srtp: false, codec: 'PCMU', label, setupMs: 12 },
  });
}

describe('what is shown', () => {
  it('comes page by page, and what comes meanwhile moves nothing', async () => {
    for (let i = 0; i < 5; i += 1) call(i);
    const pageOf = async (query: string) =>
      (await (await stage.ask(`/v1/calls?${query}`, { key: reader })).json()) as {
        readonly items: readonly { readonly id: string }[];
        readonly next: string | null;
      };
    const first = await pageOf('limit=2');
    expect(first.items.map(({ id }) => id)).toEqual(['call4', 'call3']);
    call(5);
    const second = await pageOf(`limit=2&cursor=${first.next ?? ''}`);
    expect(second.items.map(({ id }) => id)).toEqual(['call2', 'call1']);
    const last = await pageOf(`limit=2&cursor=${second.next ?? ''}`);
    expect(last).toMatchObject({ items: [{ id: 'call0' }], next: null });
    expect((await stage.ask('/v1/calls?cursor=gone', { key: reader })).status).toBe(400);
  });

  it('comes by pages where items have no id: bridges by meeting, trunks and meetings by name', async () => {
    const other = await adminStage({ trunks: ['a.carrier', 'b', 'c'] });
    const key = other.key('operator');
    const all = async (path: string, idOf: (item: Record<string, string>) => string | undefined) => {
      const seen: (string | undefined)[] = [];
      let next: string | null = null;
      do {
        const cursor: string = next === null ? '' : `&cursor=${encodeURIComponent(next)}`;
        const answer = await other.ask(`${path}?limit=1${cursor}`, { key });
        const page = (await answer.json()) as { items: Record<string, string>[]; next: string | null };
        expect(page.items.length).toBe(1);
        seen.push(...page.items.map(idOf));
        ({ next } = page);
      } while (next !== null);
      return seen;
    };
    expect(await all('/v1/trunks', ({ name }) => name)).toEqual(['a.carrier', 'b', 'c']);
    const meetings = ['M', 'N', 'O'].map((letter) => letter.repeat(43) as MeetingId);
    for (const meeting of meetings)
      other.live.onEvent({ kind: 'bridge-fact', meeting, fact: { kind: 'meeting-joined' } });
    expect(await all('/v1/bridges', ({ meeting }) => meeting)).toEqual(meetings.toReversed());
    for (const name of ['board.2026', 'choir'])
      await other.ask('/v1/meetings', { key, method: 'POST', body: JSON.stringify({ name, kept: true }) });
    expect((await all('/v1/meetings', ({ id }) => id)).sort()).toEqual(['board.2026', 'choir']);
    expect((await other.ask('/v1/bridges?cursor=gone', { key })).status).toBe(400);
    await other.stop();
  });

  it('is what the schema says, closed', async () => {
    const meeting = 'M'.repeat(43) as MeetingId;
    const leg = 'leg5' as LegId;
    const quality = { mos: 4.2, lossIn: 0, lossOut: null, jitterMs: 2, roundTripMs: null, echoDb: null };
    const counts = {
      packetsReceived: 1,
      packetsSent: 1,
      packetsLost: 0,
      concealedFrames: 0,
      invalidPackets: 0,
    };
    stage.live.onEvent({ kind: 'bridge-fact', meeting, fact: { kind: 'meeting-joined' } });
    stage.live.onEvent({ kind: 'leg-placed', leg, meeting });
    stage.live.onEvent({ kind: 'leg-quality', leg, quality, counts });
    stage.live.onEvent({ kind: 'leg-ended', leg: 'leg0' as LegId, reason: 'hangup' });
    for (const [id, path] of [
      ['getStatus', '/v1/status'],
      ['listCalls', '/v1/calls'],
      ['getCall', '/v1/calls/call5'],
      ['listLegs', '/v1/legs'],
      ['getLeg', '/v1/legs/leg5'],
      ['listBridges', '/v1/bridges'],
      ['listTrunks', '/v1/trunks'],
      ['listMeetings', '/v1/meetings'],
      ['getMeeting', '/v1/meetings/board'],
      ['getConfig', '/v1/config'],
    ] as const) {
      const response = await stage.ask(path, { key: operator });
      const body: unknown = await response.json();
      expect(Value.Errors(operation(id).answer, body), id).toEqual([]);
    }
  });

  it('comes live as server-sent events, first all of it', async () => {
    const stop = new AbortController();
    const response = await stage.ask('/v1/events', { key: reader, signal: stop.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const stream = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (what: string): Promise<void> => {
      while (!text.includes(what)) text += (await stream.read()).value ?? '';
    };
    await until('event: snapshot\ndata: {"legs":[');
    stage.live.onEvent({ kind: 'leg-phase', leg: 'leg5' as LegId, phase: 'waiting' });
    await until('"phase":"waiting"');
    expect(text).toContain('event: leg\n');
    stop.abort();
  });
});

describe('ending a call', () => {
  const end = (key: string, path: string) => stage.ask(path, { key, method: 'DELETE' });

  it('is an operator’s alone, by its leg or by its call, and in the ledger before it is done', async () => {
    for (const i of [20, 21]) call(i);
    expect((await end(auditor, '/v1/legs/leg20')).status).toBe(403);
    stage.recorded.length = 0;
    expect((await end(operator, '/v1/legs/leg20')).status).toBe(202);
    expect((await end(operator, '/v1/calls/call21')).status).toBe(202);
    expect(stage.ended).toEqual(['leg20', 'leg21']);
    expect(stage.recorded.map(({ data }) => data)).toMatchObject([
      { action: 'leg-end', target: 'leg20', by: operator.split('.')[1] },
      { action: 'call-end', target: 'call21' },
    ]);
  });

  it('is refused where there is no such leg, where the call is over, and where the ledger does not take it', async () => {
    stage.ended.length = 0;
    expect((await end(operator, '/v1/legs/leg99')).status).toBe(404);
    call(22);
    stage.live.onEvent({ kind: 'leg-ended', leg: 'leg22' as LegId, reason: 'hangup' });
    expect((await end(operator, '/v1/calls/call22')).status).toBe(404);
    call(23);
    stage.ledgerFault = 'full';
    expect((await end(operator, '/v1/legs/leg23')).status).toBe(503);
    stage.ledgerFault = null;
    expect(stage.ended).toEqual([]);
  });
});

describe('a changed configuration file', () => {
  it('is taken up for an operator, in the ledger before; keys are named, and why a file is not taken', async () => {
    const reload = (key: string) => stage.ask('/v1/config/reload', { key, method: 'POST' });
    expect((await reload(auditor)).status).toBe(403);
    const changes = { changed: ['lobby.pinTries'], needRestart: ['http.port'] };
    stage.reloaded = { ok: true, value: changes };
    const taken = await reload(operator);
    expect([taken.status, await taken.json()]).toEqual([200, changes]);
    expect(stage.recorded.at(-1)).toMatchObject({ data: { action: 'config-reload', role: 'operator' } });
    stage.reloaded = { ok: false, reason: 'config-invalid', detail: 'lobby.pinTries: 0, expected 1 to 10' };
    const refused = await reload(operator);
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({
      code: 'config-invalid',
      detail: 'lobby.pinTries: 0, expected 1 to 10',
    });
  });
});

describe('drain', () => {
  it('is asked for once, with its deadline', async () => {
    expect((await post(operator, '/v1/drain', { deadlineSeconds: 20 })).status).toBe(202);
    expect(stage.drains).toEqual([20_000]);
    const again = await post(operator, '/v1/drain', { deadlineSeconds: 20 });
    expect([again.status, await codeOf(again)]).toEqual([409, 'already-draining']);
  });
});

interface Described {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<
      string,
      { readonly content?: Readonly<Record<string, { readonly schema: { readonly properties?: object } }>> }
    >
  >;
}

describe('what cannot be read', () => {
  it('is a problem like any other, which does not repeat it', async () => {
    for (const path of ['/%E0%A4%Ahush', `/v1/legs/${'hush'.repeat(100)}`]) {
      const answer = await stage.ask(path, { key: reader });
      const said = await answer.text();
      expect(answer.status, path).toBe(400);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(JSON.parse(said)).toMatchObject({ code: 'bad-request' });
      expect(said).not.toContain('hush');
    }
  });

  it('is no position of a ledger: the vault is not asked for it', async () => {
    for (const query of ['before=1e300', 'since=1e300', 'before=9007199254740992'])
      expect((await stage.ask(`/v1/ledger?${query}`, { key: auditor })).status, query).toBe(400);
  });
});

describe('the OpenAPI document', () => {
  it('has every list come by pages: cursor and limit asked for, items and next answered', () => {
    const file = new URL('../../../docs/openapi.json', import.meta.url);
    const { paths } = JSON.parse(readFileSync(file, 'utf8')) as {
      readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
    };
    const gets = Object.entries(paths).flatMap(([path, { get }]) =>
      get === undefined ? [] : [{ path, get }],
    );
    const answered = ({ responses }: Described): string[] =>
      Object.keys(responses['200']?.content?.['application/json']?.schema.properties ?? {});
    const lists = gets.filter(
      ({ get }) => get.operationId.startsWith('list') || answered(get).includes('items'),
    );
    expect(lists.map(({ path }) => path).sort()).toEqual([
      '/v1/bridges',
      '/v1/calls',
      '/v1/consent-events',
      '/v1/legs',
      '/v1/meetings',
      '/v1/trunks',
    ]);
    for (const { path, get } of lists) {
      const query = (get.parameters ?? []).filter((one) => one.in === 'query').map(({ name }) => name);
      expect(query, path).toEqual(expect.arrayContaining(['cursor', 'limit']));
      expect(answered(get).sort(), path).toEqual(['items', 'next']);
    }
  });

  it('is the one that is committed, and the one that is served', async () => {
    const made: unknown = JSON.parse(JSON.stringify(openApi(operations)));
    const file = new URL('../../../docs/openapi.json', import.meta.url);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(made);
    expect(await (await stage.ask('/v1/openapi.json')).json()).toEqual(made);
  });
});
