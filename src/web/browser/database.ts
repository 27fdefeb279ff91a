import type { DeviceKey, Store } from '../host/session.ts';

/**
 * What a page keeps in the browser: device keys that cannot be read out, and small values. Nothing here is a meeting key;
 * those live in memory only.
 */
const databaseName = 'latchkey';
const keyTable = 'keys';
const valueTable = 'values';

function request<T>(pending: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    pending.onsuccess = () => resolve(pending.result);
    pending.onerror = () => reject(pending.error ?? new Error('storage failed'));
  });
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error ?? new Error('storage failed'));
    transaction.onabort = () => reject(transaction.error ?? new Error('storage failed'));
  });
}

export function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(databaseName, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(keyTable);
    opening.result.createObjectStore(valueTable);
  };
  return request(opening);
}

/** Values under names of one owner, e.g. one meeting in one role. */
export function createStore(database: IDBDatabase, owner: string): Store {
  return {
    async get(name) {
      const table = database.transaction(valueTable).objectStore(valueTable);
      const value: unknown = await request(table.get(`${owner}/${name}`));
      return value instanceof Uint8Array ? new Uint8Array(value) : null;
    },
    async set(name, value) {
      // Strict: what must survive (terms and epochs seen) is on disk before anybody acts on it.
      const transaction = database.transaction(valueTable, 'readwrite', { durability: 'strict' });
      transaction.objectStore(valueTable).put(new Uint8Array(value), `${owner}/${name}`);
      await finished(transaction);
    },
  };
}

function isKeyPair(value: unknown): value is CryptoKeyPair {
  return typeof value === 'object' && value !== null && 'privateKey' in value && 'publicKey' in value;
}

/**
 * The Ed25519 key of this browser for `role`, made at its first use. Host and member have one each, so that both pages in
 * one browser are two parties. The private key is not extractable: no script, ours included, can read it.
 */
export async function deviceKey(database: IDBDatabase, role: string): Promise<DeviceKey> {
  const read = async (): Promise<unknown> =>
    request<unknown>(database.transaction(keyTable).objectStore(keyTable).get(role));
  let pair = await read();
  if (!isKeyPair(pair)) {
    const made = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify']);
    const transaction = database.transaction(keyTable, 'readwrite', { durability: 'strict' });
    // `add` fails where another tab was quicker; then that tab's key is the one.
    const added = transaction.objectStore(keyTable).add(made, role);
    added.onerror = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    await finished(transaction);
    pair = await read();
  }
  if (!isKeyPair(pair)) throw new Error('storage failed');
  const { privateKey, publicKey } = pair;
  return {
    publicKey: new Uint8Array(await crypto.subtle.exportKey('raw', publicKey)),
    sign: async (bytes) =>
      new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, new Uint8Array(bytes))),
  };
}
