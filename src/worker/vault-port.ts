import { ok } from '../base/result.ts';
import type { VaultPort } from '../consent/vault-port.ts';
import type { VaultClient } from '../vault/client.ts';

/** The worker's pipe to the vault, as consent code wants it. */
export function vaultPort(client: VaultClient, meeting: string): VaultPort {
  return {
    get info() {
      return client.info;
    },
    async signRequest(payload, personal) {
      const signed = await client.signRequest(payload, personal);
      return signed.ok ? ok({ jws: signed.value.jws }) : signed;
    },
    recordAnswer: (jws, also) => client.recordAnswer(jws, also),
    async append(entries) {
      const recorded = await client.append(entries);
      return recorded.ok ? ok(null) : recorded;
    },
    appendProven: (entry) => client.append([entry]),
    sign: (type, payload) => client.sign(type, payload),
    proveGrowth: (sizes) => client.proveGrowth(sizes),
    highest: () => client.highest(meeting),
  };
}
