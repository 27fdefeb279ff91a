import { LatchkeyError } from '../base/errors.ts';
import { equalBytes, wipe } from '../base/bytes.ts';
import { readSealSecret } from '../keys/secret-file.ts';
import type { SealSecret } from '../keys/sealed-key.ts';

const shortest = 12;
const longest = 1_024;
const enter = [0x0a, 0x0d];
const backspace = [0x08, 0x7f];
const interrupt = 0x03;

/**
 * The operator's passphrase: from a file, or typed at a terminal without an echo. `again`: it is new, so it is asked for
 * twice. The bytes are the caller's to wipe.
 *
 * @throws LatchkeyError `key-secret`, `usage`
 */
export async function operatorPassphrase(file: string | undefined, again: boolean): Promise<SealSecret> {
  if (file !== undefined) return readSealSecret('passphrase', '--passphrase-file', file);
  if (!process.stdin.isTTY) {
    throw new LatchkeyError('usage', 'no terminal to ask for the passphrase: give --passphrase-file FILE');
  }
  const bytes = await typed('Passphrase of the operator key: ');
  if (again) {
    const second = await typed('The same once more: ');
    const same = equalBytes(bytes, second);
    wipe(second);
    if (!same || bytes.length < shortest) {
      wipe(bytes);
      const why = same ? `at least ${shortest} bytes are wanted` : 'the two are not the same';
      throw new LatchkeyError('usage', `no passphrase: ${why}`);
    }
  }
  return { kind: 'passphrase', bytes };
}

function typed(prompt: string): Promise<Buffer> {
  const { stdin, stderr } = process;
  const room = Buffer.alloc(longest);
  let length = 0;
  // Without an echo before anybody is asked.
  stdin.setRawMode(true);
  stderr.write(prompt);
  stdin.resume();
  return new Promise((resolve, reject) => {
    const end = (finish: () => void): void => {
      stdin.off('data', onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write('\n');
      finish();
    };
    const onData = (chunk: Buffer): void => {
      for (const byte of chunk) {
        if (byte === interrupt) {
          end(() => reject(new LatchkeyError('usage', 'interrupted')));
          break;
        }
        if (enter.includes(byte)) {
          const bytes = Buffer.from(room.subarray(0, length));
          end(() => resolve(bytes));
          break;
        }
        if (backspace.includes(byte)) length = Math.max(0, length - 1);
        else if (length < longest) room[length++] = byte;
      }
      wipe(chunk);
    };
    stdin.on('data', onData);
  }).then((bytes) => {
    wipe(room);
    return bytes as Buffer;
  });
}
