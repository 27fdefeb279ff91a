import { parseAddressRange } from '../base/address-range.ts';
import { ruleFault, type ConfigFault } from './faults.ts';
import type { Config } from './schema.ts';
import { outboundFaults } from './outbound-check.ts';
import { transportFaults } from './transport-check.ts';
import { trunkFaults } from './trunk-check.ts';
import { parseWitnessKey } from './witness-key.ts';

/** What the schema cannot say: keys that need or contradict one another, and the syntax of values. */
export function* ruleFaults(config: Config): Generator<ConfigFault> {
  const { ledger, media, sip, keys } = config;
  if (ledger.store === 'postgres' && ledger.postgres === null)
    yield ruleFault('ledger.postgres', 'missing, but ledger.store is "postgres"');
  yield* sharingFaults(config);
  yield* witnessFaults(ledger.witnesses);
  yield* trunkFaults(config.trunks);
  for (const [index, text] of config.http.trustedProxies.entries()) {
    const range = parseAddressRange(text);
    if (!range.ok)
      yield ruleFault(
        `http.trustedProxies.${index}`,
        `“${text}” is no address and no range (${range.reason})`,
      );
  }
  yield* outboundFaults(config);
  yield* transportFaults(config);
  const { min, max } = media.rtpPorts;
  if (max - min < 3) yield ruleFault('media.rtpPorts', `${min}-${max} leaves no room for two legs`);
  const { expiresSeconds, minSeconds } = sip.sessionTimer;
  if (expiresSeconds !== null && expiresSeconds < minSeconds)
    yield ruleFault('sip.sessionTimer', 'expiresSeconds is below minSeconds');
  if ((keys.protect === 'passphrase' || keys.protect === 'key-file') && keys.secretFile === null)
    yield ruleFault('keys.secretFile', `missing, keys.protect is "${keys.protect}"`);
  if (keys.protect === 'pkcs11' && keys.token === null)
    yield ruleFault('keys.token', 'missing, keys.protect is "pkcs11"');
}

/** What connectors share has to be reachable by all of them. */
function* sharingFaults({ sharing, ledger, meeting }: Config): Generator<ConfigFault> {
  if (sharing === null) return;
  if (ledger.store !== 'postgres')
    yield ruleFault('sharing', 'needs ledger.store "postgres": ledger.postgres.log names this connector');
  if (meeting.server === null)
    yield ruleFault('sharing', 'needs meeting.server: the embedded SFU is this connector’s alone');
}

function* witnessFaults(witnesses: Config['ledger']['witnesses']): Generator<ConfigFault> {
  const names = new Set<string>();
  for (const [index, { name, key, url }] of witnesses.entries()) {
    const path = `ledger.witnesses.${index}`;
    const parsed = parseWitnessKey(key);
    if (!parsed.ok)
      yield ruleFault(
        `${path}.key`,
        `${name}: key is no verifier key of Ed25519 cosignatures (${parsed.reason})`,
      );
    const fault = urlFault(url);
    if (fault !== null) yield ruleFault(`${path}.url`, `${name}: ${fault}`);
    if (names.has(name)) yield ruleFault(`${path}.name`, `${name}: stands twice`);
    names.add(name);
  }
}

function urlFault(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  const plain =
    url !== null && url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!plain || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return 'url must be http:// or https:// without user, query or fragment';
  return text.endsWith('/') ? 'url must not end with a slash' : null;
}
