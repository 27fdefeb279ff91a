import { toBase64url, utf8, utf8Text } from '../../base/bytes.ts';
import type { MessageType } from '../../consent/messages/labels.ts';
import type { Bytes } from '../../consent/messages/key-schedule.ts';

/** Heartbeats say nothing that stays, and there are thousands: the numbers that they take in the chain are left out. */
const leftOut: ReadonlySet<MessageType> = new Set<MessageType>(['heartbeat']);
const maxLength = 16 * 1_024 * 1_024;

/**
 * What the host can take home: everything that it signed in this instance, what co-hosts decided, and what connectors and
 * members answered, each with its own signature. `latchkey ledger verify --evidence` checks it alone and against a ledger. It holds no key, no name
 * and no number: those travel beside signed messages, and only a receipt's leaf comes along.
 */
export class HostEvidence {
  readonly #lines: string[];
  #length: number;
  /** Signatures of what is there: a message that is sent again adds nothing. */
  readonly #known = new Set<string>();
  #asked = false;
  #full = false;

  constructor(registration: Bytes) {
    const header = { format: 'latchkey-evidence', version: 1, registration: toBase64url(registration) };
    this.#lines = [JSON.stringify(header)];
    this.#length = this.#lines.join('').length;
  }

  add(type: MessageType, jws: string, leaf?: Uint8Array): void {
    const signature = jws.slice(-86);
    if (leftOut.has(type) || this.#full || this.#known.has(signature)) return;
    this.#known.add(signature);
    if (type === 'bridge-request') this.#asked = true;
    const beside = leaf === undefined ? null : utf8Text(leaf);
    const line = JSON.stringify({ kind: 'message', jws, ...(beside === null ? {} : { leaf: beside }) });
    this.#full = this.#length + line.length > maxLength;
    this.#lines.push(this.#full ? JSON.stringify({ kind: 'cut' }) : line);
    this.#length += line.length;
  }

  /** JSON lines; null while no connector has asked for anything. */
  file(): Uint8Array | null {
    return this.#asked ? utf8(`${this.#lines.join('\n')}\n`) : null;
  }
}
