import { ruleFault, type ConfigFault } from './faults.ts';
import type { Config } from './schema.ts';

/** What the schema cannot say of outgoing calls. */
export function* outboundFaults({ outbound, trunks }: Config): Generator<ConfigFault> {
  if (outbound === null) return;
  const trunk = trunks.find(({ name }) => name === outbound.trunk);
  if (trunk === undefined) {
    yield ruleFault('outbound.trunk', `there is no trunk “${outbound.trunk}”`);
    return;
  }
  const secure = /^sips:|;transport=tls/i.test(outbound.target);
  if (trunk.srtp === 'require' && !secure)
    yield ruleFault('outbound.target', `trunk “${trunk.name}” requires SRTP, whose keys travel by TLS alone`);
  if (trunk.sources.length === 0)
    yield ruleFault(
      'outbound.trunk',
      `trunk “${trunk.name}” has no sources: requests of a callee could be anybody's`,
    );
}
