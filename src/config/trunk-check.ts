import { parseAddressRange } from '../base/address-range.ts';
import { ruleFault, type ConfigFault } from './faults.ts';
import type { Config } from './schema.ts';

type TrunkConfig = Config['trunks'][number];

/** What the schema cannot say of trunks; one fault of each kind for each trunk. */
export function* trunkFaults(trunks: Config['trunks']): Generator<ConfigFault> {
  const names = new Set<string>();
  const users = new Set<string>();
  for (const [index, trunk] of trunks.entries()) {
    const twice = names.has(trunk.name) ? 'name: stands twice' : null;
    for (const fault of [sourceFault(trunk), policyFault(trunk), digestFault(trunk, users), twice]) {
      if (fault !== null) yield trunkFault(index, trunk.name, fault);
    }
    names.add(trunk.name);
  }
}

/** `fault` begins with its key and a colon. */
function trunkFault(index: number, name: string, fault: string): ConfigFault {
  const colon = fault.indexOf(': ');
  return ruleFault(`trunks.${index}.${fault.slice(0, colon)}`, `${fault.slice(colon + 2)} (trunk ${name})`);
}

function sourceFault({ sources, digest }: TrunkConfig): string | null {
  for (const source of sources) {
    const range = parseAddressRange(source);
    if (!range.ok) return `sources: “${source}” is no address and no range (${range.reason})`;
  }
  return sources.length === 0 && digest === undefined
    ? 'sources: empty, and no digest: anybody could call. To mean that, write 0.0.0.0/0 and ::/0'
    : null;
}

function policyFault({
  callerId,
  trusted,
  srtp,
  transports,
  maxCalls,
  whenFull,
}: TrunkConfig): string | null {
  const stated = callerId?.find((source) => source !== 'from');
  if (stated !== undefined && trusted !== true)
    return `callerId: “${stated}” is believed of trusted trunks only: set trusted, where the network vouches for it`;
  if (srtp === 'require' && transports?.join() !== 'tls')
    return 'srtp: “require” needs transports: ["tls"], because its keys travel in the signalling';
  return whenFull !== undefined && maxCalls === undefined ? 'whenFull: means nothing without maxCalls' : null;
}

function digestFault({ digest }: TrunkConfig, users: Set<string>): string | null {
  if (digest?.algorithms?.includes('MD5') === true && digest.allowMd5 !== true)
    return 'digest.algorithms: MD5 needs allowMd5';
  for (const { name } of digest?.users ?? []) {
    if (users.has(name)) return `digest.users: “${name}” stands twice`;
    users.add(name);
  }
  return null;
}
