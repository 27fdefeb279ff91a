import { lengthPrefixed, toBase64url, utf8 } from '../../base/bytes.ts';
import { jcsText } from '../../base/jcs.ts';
import { bytesOfText, type Bytes } from './key-schedule.ts';
import { labels } from './labels.ts';
import { sha256 } from './keys.ts';
import { bytesOf, list, object, oneOf, text, textLike, type ShapeOf } from './shape.ts';

/** What a signed payload holds in place of a personal value: SHA-256 over label, 128-bit salt and value. */
export async function commitment(salt: Bytes, value: string): Promise<string> {
  return toBase64url(await sha256(lengthPrefixed(utf8(labels.personal), salt, utf8(value))));
}

/** A caller's label with the salt of its commitment: travels sealed or encrypted, never in a signed payload. */
export const saltedLabel = object({
  leg: bytesOf(16),
  salt: bytesOf(16),
  display: text(64),
  verification: oneOf('A', 'B', 'C', 'failed', 'absent'),
  transport: text(32),
});
export type SaltedLabel = ShapeOf<typeof saltedLabel>;
export const saltedLabels = list(saltedLabel, 32);

/** A number that is to be called, with the salt of its commitment: travels sealed. Digits as dialled, with or without plus. */
export const saltedNumber = object({ number: textLike(/^\+?[0-9]+$/, 20), salt: bytesOf(16) });
export type SaltedNumber = ShapeOf<typeof saltedNumber>;

export function numberCommitment({ number, salt }: SaltedNumber): Promise<string> {
  return commitment(bytesOfText(salt), number);
}

/** The one spelling of a label that a commitment covers. */
export function labelText(label: Omit<SaltedLabel, 'leg' | 'salt'>): string {
  const { display, verification, transport } = label;
  const written = jcsText({ display, verification, transport });
  return written.ok ? written.value : '';
}

export function labelCommitment(label: SaltedLabel): Promise<string> {
  return commitment(bytesOfText(label.salt), labelText(label));
}

/** Whether each caller of a signed list has exactly the label that was committed to, and nobody else is named. */
export async function labelsMatch(
  callers: readonly { readonly leg: string; readonly label: string }[],
  values: readonly SaltedLabel[],
): Promise<boolean> {
  if (callers.length !== values.length) return false;
  for (const [i, caller] of callers.entries()) {
    const value = values[i];
    if (value?.leg !== caller.leg || (await labelCommitment(value)) !== caller.label) return false;
  }
  return true;
}

/** The code nonce's commitment, and the eight digits that both ends show once both nonces are known (docs/protocol.md §6). */
export async function codeCommitment(nonce: Bytes): Promise<string> {
  return toBase64url(await sha256(lengthPrefixed(utf8(labels.codeCommitment), nonce)));
}

export interface CodeParts {
  readonly request: string;
  readonly host: string;
  readonly bridge: string;
  readonly nonceC: string;
  readonly nonceH: string;
}

export async function codeDigits(parts: CodeParts): Promise<string> {
  const { request, host, bridge, nonceC, nonceH } = parts;
  const bytes = lengthPrefixed(
    utf8(labels.codeDigits),
    ...[request, host, bridge, nonceC, nonceH].map(bytesOfText),
  );
  const digest = await sha256(bytes);
  // 64 bits modulo 10^8: the bias is below 2^-37.
  const number = new DataView(digest.buffer).getBigUint64(0) % 100_000_000n;
  return number.toString().padStart(8, '0');
}
