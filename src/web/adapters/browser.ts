import { systemClock, type Clock } from '../../base/clock.ts';
import { createStore, deviceKey, openDatabase } from '../browser/database.ts';
import type { DeviceKey, Store } from '../host/session.ts';
import { meetingIdOf } from '../host/index.ts';

/** `latchkey/host/browser`: what a session needs of a browser, and what keeps it there. */
export { createWorkerClock, type WorkerClock } from '../worker-clock.ts';

/** One connection for all stores and keys of this page. */
let database: Promise<IDBDatabase> | null = null;
const opened = (): Promise<IDBDatabase> => (database ??= openDatabase());

/** What must survive a reload, in IndexedDB, under names of one owner: one meeting in one role. */
export function indexedDbStore(owner: string): Store {
  return {
    get: async (name) => createStore(await opened(), owner).get(name),
    set: async (name, value) => createStore(await opened(), owner).set(name, value),
  };
}

/**
 * The Ed25519 key of this browser for a role, made at its first use and kept in IndexedDB. It is not extractable: no script,
 * this one included, can read it; and it is gone with the site's data, which makes this browser somebody else.
 */
export async function browserDevice(role: 'host' | 'member'): Promise<DeviceKey> {
  return deviceKey(await opened(), role);
}

export interface BrowserParts {
  readonly device: DeviceKey;
  readonly store: Store;
  readonly ledgers: Store;
  readonly clock: Clock;
  random(length: number): Uint8Array<ArrayBuffer>;
}

/**
 * Device key, store, clock and randomness for a session. A host's page in a background tab needs a clock that is not
 * throttled: hand in one of `createWorkerClock`, on a worker that runs `latchkey/host/clock-worker`.
 */
export async function browserParts(
  registration: Uint8Array<ArrayBuffer>,
  role: 'host' | 'member',
  clock: Clock = systemClock,
): Promise<BrowserParts> {
  return {
    device: await browserDevice(role),
    store: indexedDbStore(`${role}/${await meetingIdOf(registration)}`),
    ledgers: indexedDbStore(`ledgers-${role}`),
    clock,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  };
}
