import { describe, expect, it } from 'vitest';
import {
  signCertificate,
  checkCertificate,
  type Certificate,
} from '../../../src/consent/messages/certificate.ts';
import { thumbprint } from '../../../src/consent/messages/keys.ts';
import { signRevocationList, signRotation } from '../../../src/consent/messages/operator-statements.ts';
import { ConnectorBook } from '../../../src/web/host/connector-book.ts';
import { manualClock } from '../../support/clock.ts';
import { memoryStore } from '../../support/consent-room.ts';
import { seededBytes, seededSigner } from '../../support/consent-samples.ts';

const operator = seededSigner('operator');
const next = seededSigner('next operator');
const [from, to] = [await thumbprint(operator.publicKey), await thumbprint(next.publicKey)];

async function certificate(
  by = operator,
  connector = 'bridge',
  names = { operatorName: 'Example', connectorName: 'bridge-1' },
): Promise<Certificate> {
  const key = seededSigner(connector).publicKey;
  const ledgerKey = seededSigner('ledger').publicKey;
  const serial = seededBytes('serial', 16);
  const jws = await signCertificate(by, { ...names, key, ledgerKey, serial, notBefore: 0, notAfter: 0 });
  const checked = await checkCertificate(jws, { operators: [from, to], key, wallMs: 1 });
  if (!checked.ok) throw new Error(checked.reason);
  return checked.value;
}

async function bookWith(...known: readonly Certificate[]): Promise<ConnectorBook> {
  const store = memoryStore();
  const first = new ConnectorBook(store, manualClock());
  await first.load([from]);
  for (const seen of known) await first.pin(seen);
  const later = new ConnectorBook(store, manualClock());
  await later.load([from, to]);
  return later;
}

describe('a connector', () => {
  it('is new at first use and known ever after', async () => {
    const own = await certificate();
    expect(await (await bookWith()).standing(own, '')).toEqual({
      state: 'first-use',
      previousOperator: null,
    });
    expect(await (await bookWith(own)).standing(own, '')).toEqual({ state: 'known', previousOperator: null });
  });

  it.each([
    ['another key under the same names', async () => certificate(operator, 'impostor')],
    ['another operator of the same name', async () => certificate(next, 'impostor')],
    ['the same key under another operator', async () => certificate(next)],
    [
      'a name that looks the same',
      async () => certificate(next, 'impostor', { operatorName: 'ＥXAMPLE', connectorName: 'Bridge-1' }),
    ],
  ])('has changed: %s', async (_, made) => {
    const book = await bookWith(await certificate());
    expect(await book.standing(await made(), '')).toEqual({ state: 'changed', previousOperator: 'Example' });
  });

  it('of another name is another connector', async () => {
    const book = await bookWith(await certificate());
    const other = await certificate(operator, 'second', {
      operatorName: 'Example',
      connectorName: 'bridge-2',
    });
    expect((await book.standing(other, '')).state).toBe('first-use');
  });

  it('stays known over a rotation that the old operator key signed, and over no other', async () => {
    const book = await bookWith(await certificate());
    const moved = await certificate(next);
    const signed = await signRotation(operator, next.publicKey, 1);
    expect((await book.standing(moved, signed)).state).toBe('known');
    const self = await signRotation(next, next.publicKey, 1);
    expect((await book.standing(moved, self)).state).toBe('changed');
    const elsewhere = await signRotation(operator, seededSigner('third').publicKey, 1);
    expect((await book.standing(moved, elsewhere)).state).toBe('changed');
    const impostor = await certificate(next, 'impostor');
    expect((await book.standing(impostor, signed)).state).toBe('changed');
  });
});

describe('revocation lists', () => {
  const listOf = (number: number, by = operator) =>
    signRevocationList(by, { number, issued: 1, serials: [], keys: [] });

  it('only rise, count for registered operators alone, and outlive the session', async () => {
    const store = memoryStore();
    const book = new ConnectorBook(store, manualClock());
    await book.load([from]);
    expect(await book.take(await listOf(2), [from])).toBe(true);
    expect(await book.take(await listOf(2), [from])).toBe(false);
    expect(await book.take(await listOf(1), [from])).toBe(false);
    expect(await book.take(await listOf(9, next), [from])).toBe(false);
    expect(await book.take('a.b.c', [from])).toBe(false);
    const later = new ConnectorBook(store, manualClock());
    await later.load([from]);
    expect(later.revocations(from)?.number).toBe(2);
    expect(later.revocations(to)).toBeNull();
  });

  it('put into the store by somebody else are not believed', async () => {
    const store = memoryStore();
    await store.set(`revocations-${from}`, new TextEncoder().encode(await listOf(9, next)));
    const book = new ConnectorBook(store, manualClock());
    await book.load([from]);
    expect(book.revocations(from)).toBeNull();
  });
});
