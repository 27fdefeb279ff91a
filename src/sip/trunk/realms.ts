import { digestAlgorithms } from '../digest/hash.ts';
import { createRealm, type Realm } from '../digest/server.ts';
import { defaultRealm, type TrunkSettings } from './trunk.ts';

/**
 * The users of every trunk that asks for credentials, by the trunk's name. Passwords are read once, here, and only
 * their hashes are kept.
 *
 * @throws what `readSecret` throws for a file that it cannot read
 */
export function trunkRealms(
  settings: readonly TrunkSettings[],
  readSecret: (setting: string, file: string) => string,
): ReadonlyMap<string, Realm> {
  const realms = new Map<string, Realm>();
  for (const { name, digest } of settings) {
    if (digest === undefined) continue;
    const users = digest.users.map((user) => ({
      name: user.name,
      password: readSecret(`trunks (${name}).digest.users (${user.name}).passwordFile`, user.passwordFile),
    }));
    const { realm = defaultRealm, algorithms = digestAlgorithms, allowMd5 = false } = digest;
    const allowed = algorithms.filter((each) => each !== 'MD5' || allowMd5);
    realms.set(name, createRealm(realm, users, allowed));
  }
  return realms;
}
