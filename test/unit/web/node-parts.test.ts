import { generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileDevice, fileStore, nodeDevice } from '../../../src/web/adapters/node.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latchkey-node-parts-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a file store', () => {
  it('keeps values across openings, whatever their names, and leaves nothing half written beside them', async () => {
    const store = fileStore(join(folder, 'store'));
    expect(await store.get('term')).toBeNull();
    await store.set('term', new Uint8Array([1]));
    await store.set('../../term', new Uint8Array([2]));
    await store.set('term', new Uint8Array([3, 4]));
    const again = fileStore(join(folder, 'store'));
    expect([...(await again.get('term'))!]).toEqual([3, 4]);
    expect([...(await again.get('../../term'))!]).toEqual([2]);
    expect(await readdir(folder)).toEqual(['store']);
    expect((await readdir(join(folder, 'store'))).filter((name) => !name.endsWith('.value'))).toEqual([]);
  });
});

describe('a device key in a file', () => {
  it('is made once, for its owner alone, and signs as Ed25519 does', async () => {
    const path = join(folder, 'host.pem');
    const made = await fileDevice(path);
    const again = await fileDevice(path);
    expect(again.publicKey).toEqual(made.publicKey);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const message = Buffer.from('message');
    const key = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(made.publicKey).toString('base64url') };
    expect(verify(null, message, { key, format: 'jwk' }, await again.sign(message))).toBe(true);
  });

  it('refuses keys of another kind', () => {
    const { privateKey } = generateKeyPairSync('x25519');
    expect(() => nodeDevice(privateKey)).toThrow('device-key-type');
  });
});
