import { jcsBytes, parseJcs } from '../../base/jcs.ts';
import { utf8, utf8Text } from '../../base/bytes.ts';
import type { Clock } from '../../base/clock.ts';
import type { Certificate } from '../../consent/messages/certificate.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import {
  readRevocationList,
  readRotation,
  type RevocationList,
} from '../../consent/messages/operator-statements.ts';
import { bytesOf, integer, list, object, text, type ShapeOf } from '../../consent/messages/shape.ts';
import type { IdentityState, Store } from './session.ts';

/**
 * What one client remembers of connectors across meetings: which identity key stood under which operator when a key was
 * given to it, and the newest revocation list of each operator. Nothing in it lets anybody in; it decides what is shown as
 * known, and what is refused for good.
 */
const pin = object({
  operator: bytesOf(32),
  operatorName: text(80),
  connectorName: text(80),
  /** Thumbprint of the identity key. */
  key: bytesOf(32),
  serial: bytesOf(16),
  seenMs: integer,
});
export type Pin = ShapeOf<typeof pin>;

const maxPins = 64;
const pins = list(pin, maxPins);
const pinsName = 'connectors';
const listName = (operator: string): string => `revocations-${operator}`;

/** How a connector stands to what was seen before. */
export interface Standing {
  readonly state: IdentityState;
  /** Where the identity has changed: name of the operator under which it was last seen. */
  readonly previousOperator: string | null;
}

export class ConnectorBook {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #lists = new Map<string, RevocationList>();
  #pins: readonly Pin[] = [];

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Of the operators that count in this meeting. */
  async load(operators: readonly string[]): Promise<void> {
    const kept = await this.#store.get(pinsName);
    const parsed = kept === null ? null : parseJcs(kept);
    this.#pins = parsed?.ok === true && pins(parsed.value) ? parsed.value : [];
    for (const operator of operators) {
      const jws = utf8Text((await this.#store.get(listName(operator))) ?? new Uint8Array(0));
      const known = jws === null || jws === '' ? null : await readRevocationList(jws);
      if (known?.operator === operator) this.#lists.set(operator, known);
    }
  }

  /** The newest list seen of this operator. */
  revocations(operator: string): RevocationList | null {
    return this.#lists.get(operator) ?? null;
  }

  /** Takes a list with a higher number than any before, kept before it is used. True where it did. */
  async take(jws: string, operators: readonly string[]): Promise<boolean> {
    if (jws === '') return false;
    const found = await readRevocationList(jws);
    if (found === null || !operators.includes(found.operator)) return false;
    if (found.number <= (this.#lists.get(found.operator)?.number ?? 0)) return false;
    await this.#store.set(listName(found.operator), utf8(jws));
    this.#lists.set(found.operator, found);
    return true;
  }

  async standing(certificate: Certificate, rotationJws: string): Promise<Standing> {
    const key = await thumbprint(certificate.key);
    const rotation = rotationJws === '' ? null : await readRotation(rotationJws);
    return standingOf(this.#pins, { certificate, key, rotation });
  }

  /** From now on this connector is known. A pin that it takes the place of goes. */
  async pin(certificate: Certificate): Promise<void> {
    const { operatorThumbprint: operator, operatorName, connectorName, serial } = certificate;
    const key = await thumbprint(certificate.key);
    const seenMs = this.#clock.wallMs();
    const own: Pin = { operator, operatorName, connectorName, key, serial, seenMs };
    const others = this.#pins.filter((p) => p.key !== key && !isNamed(p, certificate));
    this.#pins = [...others, own].slice(-maxPins);
    const bytes = jcsBytes(this.#pins);
    if (bytes.ok) await this.#store.set(pinsName, bytes.value);
  }
}

interface Shown {
  readonly certificate: Pick<Certificate, 'operatorThumbprint' | 'operatorName' | 'connectorName'>;
  /** Thumbprint of its identity key. */
  readonly key: string;
  readonly rotation: { readonly from: string; readonly to: string } | null;
}

/**
 * Known: this identity key under this operator, or under the key that this operator had before. Changed: the key was seen
 * under another operator, or another key under the same names. A name is what people recognise, so a name that is taken over
 * is what has to be red.
 */
export function standingOf(known: readonly Pin[], { certificate, key, rotation }: Shown): Standing {
  const operator = certificate.operatorThumbprint;
  const isSame = (by: string): boolean =>
    by === operator || (rotation?.to === operator && rotation.from === by);
  if (known.some((p) => p.key === key && isSame(p.operator)))
    return { state: 'known', previousOperator: null };
  const before = known.findLast((p) => p.key === key || isNamed(p, certificate));
  return before === undefined
    ? { state: 'first-use', previousOperator: null }
    : { state: 'changed', previousOperator: before.operatorName };
}

/** Compared without case and compatibility forms, as eyes do it. */
const plain = (name: string): string => name.normalize('NFKC').toLowerCase();

const isNamed = (p: Pin, names: Pick<Certificate, 'operatorName' | 'connectorName'>): boolean =>
  plain(p.operatorName) === plain(names.operatorName) &&
  plain(p.connectorName) === plain(names.connectorName);
