import type { NewEntry, PersonalValue } from '../ledger/event.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { maxTail, type ControlToVault, type VaultToControl, type WorkerToVault } from './protocol.ts';

/**
 * What arrives at the vault, checked member by member: a worker parses hostile media and control hostile SIP and HTTP, so
 * the vault takes neither at its word. Whether an entry's fields are right is the ledger's own check.
 */
export const maxEntries = 64;
const maxPersonal = 64;
const maxPayload = 16 * 1024;
const maxJws = 16 * 1024;
const maxSizes = 4;

export type MessageRefusal = 'not-a-message' | 'unknown-kind' | 'bad-member';

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
const isCountOrNull = (value: unknown): value is number | null => value === null || isCount(value);
const isText = (value: unknown, max: number): value is string =>
  typeof value === 'string' && value.length <= max;
const isBytes = (value: unknown, max: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length <= max;

const areSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= maxSizes && value.every(isCount);

export function parseWorkerMessage(value: unknown): Result<WorkerToVault, MessageRefusal> {
  if (!isMembers(value) || !isCount(value['id'])) return refuse('not-a-message');
  const read = typeof value['kind'] === 'string' ? workerMessages.get(value['kind']) : undefined;
  if (read === undefined) return refuse('unknown-kind');
  const message = read(value, value['id']);
  return message === null ? refuse('bad-member') : ok(message);
}

type ReadMessage = (value: Members, id: number) => WorkerToVault | null;

const workerMessages: ReadonlyMap<string, ReadMessage> = new Map<string, ReadMessage>([
  [
    'sign-request',
    ({ payload, personal = [] }, id) => {
      const values = personalOf(personal);
      if (!isBytes(payload, maxPayload) || values === null) return null;
      return { kind: 'sign-request', id, payload: copy(payload), personal: values };
    },
  ],
  [
    'record-answer',
    ({ jws, also = [] }, id) => {
      const entries = Array.isArray(also) && also.length === 0 ? [] : entriesOf(also);
      return isText(jws, maxJws) && entries !== null
        ? { kind: 'record-answer', id, jws, also: entries }
        : null;
    },
  ],
  [
    'append',
    (value, id) => {
      const entries = entriesOf(value['entries']);
      return entries === null ? null : { kind: 'append', id, entries };
    },
  ],
  [
    'sign',
    ({ typ, payload }, id) =>
      isText(typ, 64) && isBytes(payload, maxPayload)
        ? { kind: 'sign', id, typ, payload: copy(payload) }
        : null,
  ],
  ['highest', (_, id) => ({ kind: 'highest', id })],
  [
    'prove-growth',
    ({ sizes }, id) => (areSizes(sizes) ? { kind: 'prove-growth', id, sizes: [...sizes] } : null),
  ],
]);

export function parseControlMessage(value: unknown): Result<ControlToVault, MessageRefusal> {
  if (!isMembers(value)) return refuse('not-a-message');
  const { kind } = value;
  switch (kind) {
    case 'reread':
      return ok({ kind });
    case 'append': {
      const entries = entriesOf(value['entries']);
      if (entries === null || !isCount(value['id'])) return refuse('bad-member');
      return ok({ kind, id: value['id'], entries });
    }
    case 'worker': {
      const { workerId, meeting, registration } = value;
      if (!isText(workerId, 64) || !isText(meeting, 64) || !isBytes(registration, maxPayload)) {
        return refuse('bad-member');
      }
      return ok({ kind, workerId, meeting, registration: copy(registration) });
    }
    case 'witness-work':
    case 'cosigned':
      return aboutWitness(kind, value);
    case 'status':
    case 'tail':
      return aboutLedger(kind, value);
    default:
      return refuse('unknown-kind');
  }
}

/**
 * What control is told of a message that was refused, where it waits for an answer; null where it does not. Silence would be taken
 * for a vault that is gone, and end every bridge.
 */
export function refusalOf(raw: unknown, reason: MessageRefusal): VaultToControl | null {
  if (!isMembers(raw) || !isCount(raw['id'])) return null;
  return { kind: raw['kind'] === 'append' ? 'append-failed' : 'refused', id: raw['id'], reason };
}

function aboutLedger(
  kind: 'status' | 'tail',
  { id, before, count, since }: Members,
): Result<ControlToVault, MessageRefusal> {
  if (!isCount(id)) return refuse('bad-member');
  if (kind === 'status') return ok({ kind, id });
  if (!isCount(count) || count > maxTail) return refuse('bad-member');
  if (!isCountOrNull(before) || !isCountOrNull(since)) return refuse('bad-member');
  return ok({ kind, id, before, count, since });
}

function aboutWitness(
  kind: 'witness-work' | 'cosigned',
  { id, witness, old, checkpoint, lines }: Members,
): Result<ControlToVault, MessageRefusal> {
  if (!isCount(id) || !isText(witness, 64)) return refuse('bad-member');
  if (kind === 'witness-work')
    return old === null || isCount(old) ? ok({ kind, id, witness, old }) : refuse('bad-member');
  if (!isText(checkpoint, 4_096) || !isText(lines, maxPayload)) return refuse('bad-member');
  return ok({ kind, id, witness, checkpoint, lines });
}

/** Own bytes: what was deserialized may be a view of a larger buffer that is used again. */
const copy = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes);

function entriesOf(value: unknown): NewEntry[] | null {
  if (!Array.isArray(value) || value.length === 0 || value.length > maxEntries) return null;
  const entries: NewEntry[] = [];
  for (const item of value as unknown[]) {
    if (!isMembers(item)) return null;
    const personal = personalOf(item['personal'] ?? []);
    if (personal === null) return null;
    entries.push({ ...(item as unknown as NewEntry), personal });
  }
  return entries;
}

function personalOf(value: unknown): PersonalValue[] | null {
  if (!Array.isArray(value) || value.length > maxPersonal) return null;
  const values: PersonalValue[] = [];
  for (const item of value as unknown[]) {
    if (!isMembers(item)) return null;
    const { name, leg, salt, value: text } = item;
    if (!isText(name, 64) || !isText(salt, 64) || !isText(text, 1_024)) return null;
    if (leg !== undefined && !isText(leg, 64)) return null;
    values.push({ name, salt, value: text, ...(leg === undefined ? {} : { leg }) });
  }
  return values;
}
