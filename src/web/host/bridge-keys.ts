import { utf8, utf8Text } from '../../base/bytes.ts';
import type { Store } from './session.ts';

const storeName = 'bridge-keys';
const maxKept = 64;

/** Keys that were ever seen on a bridge, which are never sealed to as members: whoever hosts next has to know them, too. */
export async function readBridgeKeys(store: Store): Promise<Set<string>> {
  const kept = utf8Text((await store.get(storeName)) ?? utf8('')) ?? '';
  return new Set(kept.split(' ').filter((key) => key !== ''));
}

export function keepBridgeKeys(store: Store, keys: ReadonlySet<string>): Promise<void> {
  return store.set(storeName, utf8([...keys].slice(-maxKept).join(' ')));
}
