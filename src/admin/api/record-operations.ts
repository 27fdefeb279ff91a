import { Type } from 'typebox';
import { toBase64url } from '../../base/bytes.ts';
import { ok, refuse, type Result } from '../../base/result.ts';
import { eventTypes, type LedgerEventType } from '../../ledger/event.ts';
import type { LedgerTail } from '../../ledger/log-tail.ts';
import type { AdminPorts } from '../ports.ts';
import { ledgerReader, type ReadLedger } from './ledger-reader.ts';
import { operation, type Operation } from './operation.ts';
import { limitOf, type Page, type PageQuery } from './paging.ts';
import { closed, consentEvent, ledgerTail, page, pageQuery } from './schemas.ts';

/** Whether leaves of a type tell of consent: requests, answers, admissions, keys, and their end. Each type has its word here. */
const tellsOfConsent: Readonly<Record<LedgerEventType, boolean>> = {
  request: true,
  grant: true,
  denial: true,
  decision: true,
  expired: true,
  'leg-asked': true,
  'leg-admitted': true,
  'leg-refused': true,
  'leg-joined': true,
  'leg-left': true,
  'leg-muted': true,
  'notice-answered': true,
  'key-opened': true,
  rekeyed: true,
  'key-destroyed': true,
  revoked: true,
  'gate-closed': true,
  'heartbeat-lost': true,
  'dial-requested': true,
  'dial-ended': true,
  start: false,
  stop: false,
  recovered: false,
  'registration-seen': false,
  'meeting-taken': false,
  'instance-start': false,
  'instance-end': false,
  'pin-refused': false,
  'pin-replaced': false,
  'call-ended': false,
  receipt: false,
  roster: false,
  switched: false,
  refused: false,
  drain: false,
  witnessed: false,
  cosigned: false,
  'operator-action': false,
  'admin-action': false,
};
const consentTypes: ReadonlySet<string> = new Set(eventTypes.filter((type) => tellsOfConsent[type]));

/** How many leaves one page of consent events looks through at most: the next page goes on from there. */
const mostReads = 5;
const perRead = 100;
/** No ledger is longer, and the vault takes no other number. */
const largest = Number.MAX_SAFE_INTEGER;

/** The ledger, for auditors. */
export function recordOperations(ports: AdminPorts): readonly Operation[] {
  const look = { method: 'GET', role: 'auditor', status: 200 } as const;
  const read = ledgerReader(ports);
  return [
    operation({
      ...look,
      ...{ id: 'getLedger', path: '/v1/ledger', tag: 'ledger' },
      summary: 'The ledger’s newest leaves, or those below a position, with proofs to check them by.',
      query: closed({
        before: Type.Optional(
          Type.Integer({ description: 'Only positions below this.', minimum: 0, maximum: largest }),
        ),
        limit: Type.Optional(Type.Integer({ description: '20 if left out.', minimum: 0, maximum: 100 })),
        since: Type.Optional(
          Type.Integer({
            description: 'A size seen before: proves that the log only grew.',
            minimum: 1,
            maximum: largest,
          }),
        ),
      }),
      answer: ledgerTail,
      problems: ['ledger-unavailable'],
      async handle({ query }) {
        const { before = null, limit = 20, since = null } = query;
        const tail = await read({ before, count: limit, since });
        return tail.ok ? ok(shownTail(tail.value, ports.ledgerKey)) : tail;
      },
    }),
    operation({
      ...look,
      ...{ id: 'listConsentEvents', path: '/v1/consent-events', tag: 'ledger' },
      summary:
        'What the ledger says of consent, newest first. A page may be short, or empty, and still have a next one.',
      query: pageQuery,
      answer: page(consentEvent),
      problems: ['cursor-invalid', 'ledger-unavailable'],
      handle: ({ query }) => consentPage(read, query),
    }),
  ];
}

function shownTail({ size, checkpoint, leaves, growth }: LedgerTail, ledgerKey: string) {
  return {
    ...{ size, checkpoint, ledgerKey },
    leaves: leaves.map(({ seq, leaf, path }) => ({
      seq,
      leaf: leaf === null ? null : toBase64url(leaf),
      entry: leaf === null ? null : entryOf(leaf),
      path: path.map(toBase64url),
    })),
    growth: growth?.map(toBase64url) ?? null,
  };
}

async function consentPage(
  readLedger: ReadLedger,
  query: PageQuery,
): Promise<Result<Page<unknown>, 'cursor-invalid' | 'ledger-unavailable' | 'too-many-requests'>> {
  const limit = limitOf(query);
  const from = query.cursor === undefined ? null : positionOf(query.cursor);
  if (from === undefined) return refuse('cursor-invalid');
  const items: unknown[] = [];
  let before: number | null = from;
  for (let read = 0; read < mostReads; read += 1) {
    const tail = await readLedger({ before, count: perRead, since: null });
    if (!tail.ok) return tail;
    for (const { seq, leaf } of tail.value.leaves.toReversed()) {
      const event = leaf === null ? null : eventOf(leaf);
      if (event !== null) items.push(event);
      before = seq;
      if (items.length === limit) break;
    }
    if (items.length === limit || before === null || before === 0) break;
  }
  return ok({ items, next: before === null || before === 0 ? null : `s${before}` });
}

/** Undefined: no cursor of ours. */
function positionOf(cursor: string): number | undefined {
  const text = /^s([0-9]{1,15})$/.exec(cursor)?.[1];
  return text === undefined ? undefined : Number(text);
}

function entryOf(leaf: Uint8Array): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(leaf).toString('utf8')) as Readonly<Record<string, unknown>>;
}

function eventOf(leaf: Uint8Array) {
  const { seq, at, type, meeting = null, bridge = null, leg = null, data = {} } = entryOf(leaf);
  if (typeof type !== 'string' || !consentTypes.has(type)) return null;
  return { seq, at, type, meeting, bridge, leg, data };
}
