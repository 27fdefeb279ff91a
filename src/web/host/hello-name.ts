import { toBase64url, wipe } from '../../base/bytes.ts';
import { jcsBytes, parseJcs } from '../../base/jcs.ts';
import { commitment } from '../../consent/messages/commitment.ts';
import { bytesOfText, type Bytes } from '../../consent/messages/key-schedule.ts';
import { plainName } from '../../consent/messages/plain-name.ts';
import { bytesOf, object, text } from '../../consent/messages/shape.ts';

/** A display name: committed to in the signed hello, sealed to the host beside it. */
export interface HelloName {
  readonly commitment: string;
  /** What is sealed. */
  readonly plain: Bytes;
}

const shape = object({ name: text(64), salt: bytesOf(16) });

export async function helloName(name: string, salt: Bytes): Promise<HelloName> {
  const plain = plainName(name);
  const bytes = jcsBytes({ name: plain, salt: toBase64url(salt) });
  if (!bytes.ok) throw new TypeError('the name cannot be written');
  return { commitment: await commitment(salt, plain), plain: bytes.value };
}

/** The name, or null where it is not the one that was committed to. */
export async function readHelloName(plain: Bytes, committed: string): Promise<string | null> {
  const parsed = parseJcs(plain);
  wipe(plain);
  if (!parsed.ok || !shape(parsed.value)) return null;
  const { name, salt } = parsed.value;
  return (await commitment(bytesOfText(salt), name)) === committed ? plainName(name) : null;
}
