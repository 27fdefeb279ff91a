import { randomFillSync } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { testSeals } from '../../../src/consent/messages/seal-self-test.ts';

const random = (length: number): Uint8Array<ArrayBuffer> => randomFillSync(new Uint8Array(length));

afterEach(() => {
  vi.restoreAllMocks();
});

describe('the self-test of the cipher suite', () => {
  it('passes on this platform', async () => {
    await expect(testSeals(random)).resolves.toBeUndefined();
  });

  it('fails where decryption gives something else', async () => {
    const decrypt = crypto.subtle.decrypt.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, 'decrypt').mockImplementation(async (...args) => {
      const plain = new Uint8Array(await decrypt(...args));
      plain[0] = (plain[0] ?? 0) ^ 1;
      return plain.buffer;
    });
    await expect(testSeals(random)).rejects.toMatchObject({ code: 'child-failed' });
  });

  it('fails where decryption takes anything', async () => {
    vi.spyOn(crypto.subtle, 'decrypt').mockImplementation((_algorithm, _key, data) =>
      Promise.resolve(new Uint8Array(data as Uint8Array).slice(0, 32).buffer),
    );
    await expect(testSeals(random)).rejects.toMatchObject({ code: 'child-failed' });
  });
});
