import { fromBase64url, utf8, utf8Text } from '../../base/bytes.ts';

/**
 * What happens between software of different protocol versions. A message names its version in its `typ`
 * (`latchkey/1/msg/...`); of another version nothing further is read. Who gets one answers once with the versions that it
 * speaks, in a form that never changes, so that both ends can say what is wrong:
 *
 *   notice = "latchkey-speaks" 1*( SP version )        US-ASCII, unsigned
 *
 * A server can forge both. They are believed for nothing but a sentence to a person: no version is ever agreed on.
 */
const ours = 1;

const noticeStart = 'latchkey-speaks ';
export const versionNotice: Uint8Array<ArrayBuffer> = utf8(`${noticeStart}${ours}`);

export interface ForeignVersion {
  readonly theirs: readonly number[];
  /** A notice is not answered: two programs would go on for ever. */
  readonly notice: boolean;
}

const headerLimit = 200;
const numbers = /^\d{1,6}(?: \d{1,6}){0,15}$/;
const header = /^\{"alg":"[^"]{1,32}","typ":"latchkey\/(\d{1,6})\/msg\//;

/** What this packet says of a version that is not ours; null where it says nothing of the kind. */
export function foreignVersion(packet: Uint8Array): ForeignVersion | null {
  const start = utf8Text(packet.subarray(0, headerLimit)) ?? '';
  if (start.startsWith(noticeStart)) {
    const list = start.slice(noticeStart.length);
    if (!numbers.test(list)) return null;
    const theirs = list.split(' ').map(Number);
    return theirs.includes(ours) ? null : { theirs, notice: true };
  }
  const encoded = start.split('.', 1)[0] ?? '';
  const found = header.exec(utf8Text(fromBase64url(encoded) ?? new Uint8Array(0)) ?? '')?.[1];
  return found === undefined || Number(found) === ours ? null : { theirs: [Number(found)], notice: false };
}

export interface VersionWatchOptions {
  send(payload: Uint8Array, to: readonly string[]): void;
  /** Once for each sender. */
  onMismatch(mismatch: { readonly from: string; readonly theirs: string; readonly ours: number }): void;
}

const maxSenders = 64;

/** Says of one session or bridge, once for each sender, that there is somebody it cannot talk to. */
export class VersionWatch {
  readonly #options: VersionWatchOptions;
  readonly #told = new Set<string>();

  constructor(options: VersionWatchOptions) {
    this.#options = options;
  }

  /** Whether the packet is of another version; then nobody else is to read it. */
  foreign(from: string, packet: Uint8Array): boolean {
    const found = foreignVersion(packet);
    if (found === null) return false;
    if (this.#told.has(from) || this.#told.size >= maxSenders) return true;
    this.#told.add(from);
    this.#options.onMismatch({ from, theirs: found.theirs.join(' '), ours });
    if (!found.notice) this.#options.send(versionNotice, [from]);
    return true;
  }
}
