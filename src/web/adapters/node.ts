import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomFillSync,
  sign,
  type KeyObject,
} from 'node:crypto';
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fromBase64url } from '../../base/bytes.ts';
import { systemClock, type Clock } from '../../base/clock.ts';
import { meetingIdOf } from '../host/index.ts';
import type { DeviceKey, Store } from '../host/session.ts';

/**
 * `latchkey/host/node`: what a session needs of Node. `KeyRing` is a key sink that seals and opens LiveKit's frames, for
 * programs that carry the media themselves.
 */
export { KeyRing } from '../../e2ee/key-ring.ts';

async function writeDurably(path: string, bytes: Uint8Array, flag: 'w' | 'wx'): Promise<void> {
  const file = await open(path, flag, 0o600);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** What must survive a restart: one file a value, replaced as a whole and synced. For one process at a time. */
export function fileStore(folder: string): Store {
  const pathOf = (name: string): string => join(folder, `${Buffer.from(name).toString('base64url')}.value`);
  return {
    async get(name) {
      try {
        return new Uint8Array(await readFile(pathOf(name)));
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    async set(name, value) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeDurably(`${pathOf(name)}.new`, value, 'w');
      await rename(`${pathOf(name)}.new`, pathOf(name));
    },
  };
}

/** A device key of a `KeyObject`, which may come from anywhere, for instance from a token. */
export function nodeDevice(privateKey: KeyObject): DeviceKey {
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  const publicKey = fromBase64url(x);
  if (privateKey.asymmetricKeyType !== 'ed25519' || publicKey === null) throw new Error('device-key-type');
  return {
    publicKey,
    sign: (bytes) => Promise.resolve(new Uint8Array(sign(null, bytes, privateKey))),
  };
}

/** The Ed25519 key in a PKCS #8 file of mode 0600, made where there is none. It lies there in clear. */
export async function fileDevice(path: string): Promise<DeviceKey> {
  try {
    return nodeDevice(createPrivateKey(await readFile(path)));
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const { privateKey } = generateKeyPairSync('ed25519');
  // `wx`: of two that start together one makes the key, and the other fails rather than being somebody else.
  await writeDurably(path, Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })), 'wx');
  return nodeDevice(privateKey);
}

export interface NodeParts {
  readonly device: DeviceKey;
  readonly store: Store;
  readonly ledgers: Store;
  readonly clock: Clock;
  random(length: number): Uint8Array<ArrayBuffer>;
}

/** Device key, store, clock and randomness for a session, kept in `folder`. */
export async function nodeParts(
  registration: Uint8Array<ArrayBuffer>,
  role: 'host' | 'member',
  folder: string,
): Promise<NodeParts> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    device: await fileDevice(join(folder, `${role}.pem`)),
    store: fileStore(join(folder, role, await meetingIdOf(registration))),
    ledgers: fileStore(join(folder, role, 'ledgers')),
    clock: systemClock,
    random: (length) => randomFillSync(new Uint8Array(length)),
  };
}
