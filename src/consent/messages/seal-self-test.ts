import { equalBytes, toBase64url, wipe } from '../../base/bytes.ts';
import { LatchkeyError } from '../../base/errors.ts';
import { createHpkeKeyPair, seal, type Random, type SealContext } from './seal.ts';

const rounds = 2;

/**
 * Seals to a key of its own, opens that, and finds an altered seal shut: run before a process takes part in a meeting, so that a
 * platform whose primitives do not agree is found before it is given a key. It also makes ready what the first real seal needs,
 * which in a fresh process takes tens of milliseconds that a caller would hear as silence.
 *
 * @throws LatchkeyError `child-failed`
 */
export async function testSeals(random: Random): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const pair = await createHpkeKeyPair(random);
    const secret = random(32);
    try {
      const context = anyContext;
      const sealed = await seal(pair.publicKey, secret, context, random);
      if (!sealed.ok) throw failed();
      const opened = await pair.open(sealed.value.sealed, context);
      if (!opened.ok || !equalBytes(opened.value, secret)) throw failed();
      wipe(opened.value);
      const altered = sealed.value.sealed.map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte));
      if ((await pair.open(altered, context)).ok) throw failed();
    } finally {
      wipe(secret);
      pair.destroy();
    }
  }
}

const failed = (): LatchkeyError =>
  new LatchkeyError(
    'child-failed',
    'what was sealed here does not open here: the self-test of the cipher suite failed',
  );

const id = (of: number, length: number): string => toBase64url(new Uint8Array(length).fill(of));

const anyContext: SealContext = {
  type: 'grant',
  role: 'connector',
  meeting: id(1, 32),
  instance: id(2, 16),
  term: 1,
  sender: id(3, 32),
  recipient: id(4, 32),
  epoch: 1,
  about: '',
};
