import { isIP, isIPv6 } from 'node:net';
import { parseAddressRange } from '../base/address-range.ts';
import { ruleFault, type ConfigFault } from './faults.ts';
import type { Config } from './schema.ts';

/** What the schema cannot say of addresses and certificates. */
export function* transportFaults(config: Config): Generator<ConfigFault> {
  yield* listenFaults(config);
  const { sip, media } = config;
  for (const [index, server] of sip.dnsServers.entries()) {
    if (!isServer(server))
      yield ruleFault(`sip.dnsServers.${index}`, `“${server}” is no address with a port`);
  }
  yield* externalFaults('sip.externalAddress', sip.externalAddress);
  yield* externalFaults('media.externalAddress', media.externalAddress);
  const { host, otherHost } = media;
  if (otherHost !== null && isIP(otherHost) === 0)
    yield ruleFault('media.otherHost', `“${otherHost}” is no address`);
  else if (otherHost !== null && isIPv6(otherHost) === isIPv6(host))
    yield ruleFault('media.otherHost', 'of the same family as media.host');
  yield* trunkTlsFaults(config);
}

function* listenFaults({ sip }: Config): Generator<ConfigFault> {
  if (sip.tls?.clientCrlFile !== undefined && sip.tls.clientCaFile === null)
    yield ruleFault('sip.tls.clientCrlFile', 'needs sip.tls.clientCaFile');
  for (const [index, { transport, host, requireClientCert }] of sip.listen.entries()) {
    const at = `sip.listen.${index}`;
    if (isIP(host) === 0) yield ruleFault(`${at}.host`, `“${host}” is no address`);
    if (transport === 'tls' && sip.tls === null) yield ruleFault('sip.tls', `missing, but ${at} is for tls`);
    if (requireClientCert !== true) continue;
    if (transport !== 'tls')
      yield ruleFault(`${at}.requireClientCert`, 'means nothing without transport tls');
    else if (sip.tls?.clientCaFile === null)
      yield ruleFault(`${at}.requireClientCert`, 'needs sip.tls.clientCaFile');
  }
}

function isServer(text: string): boolean {
  const [, v6, v4, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})$/.exec(text) ?? [];
  return isIP(v6 ?? v4 ?? '') !== 0 && Number(port) > 0 && Number(port) <= 65_535;
}

function* externalFaults(key: string, external: Config['sip']['externalAddress']): Generator<ConfigFault> {
  if (external === null) return;
  if (isIP(external.address) === 0) yield ruleFault(`${key}.address`, `“${external.address}” is no address`);
  for (const [index, text] of external.localNetworks.entries()) {
    if (!parseAddressRange(text).ok)
      yield ruleFault(`${key}.localNetworks.${index}`, `“${text}” is no address and no range`);
  }
}

function* trunkTlsFaults({ sip, trunks }: Config): Generator<ConfigFault> {
  const servers = new Set<string>();
  for (const [index, { tls, transports }] of trunks.entries()) {
    if (tls === undefined) continue;
    const at = `trunks.${index}.tls`;
    const { clientNames } = tls;
    if (sip.tls === null) yield ruleFault(at, 'needs sip.tls');
    else if (clientNames !== undefined && sip.tls.clientCaFile === null)
      yield ruleFault(`${at}.clientNames`, 'needs sip.tls.clientCaFile');
    if (clientNames !== undefined && transports?.join() !== 'tls')
      yield ruleFault(
        `${at}.clientNames`,
        'needs transports: ["tls"], because nothing else shows a certificate',
      );
    yield* serverFileFaults(at, tls);
    for (const server of tls.servers ?? []) {
      if (servers.has(server.toLowerCase()))
        yield ruleFault(`${at}.servers`, `“${server}” stands in two trunks`);
      servers.add(server.toLowerCase());
    }
  }
}

function* serverFileFaults(
  at: string,
  tls: NonNullable<Config['trunks'][number]['tls']>,
): Generator<ConfigFault> {
  const { certFile, keyFile, caFile, crlFile, servers } = tls;
  if (crlFile !== undefined && caFile === undefined)
    yield ruleFault(`${at}.crlFile`, 'needs caFile; for the authorities of all, use sip.tls.crlFile');
  if ((certFile === undefined) !== (keyFile === undefined))
    yield ruleFault(at, 'certFile and keyFile go together');
  if ((certFile !== undefined || caFile !== undefined) !== (servers !== undefined))
    yield ruleFault(
      `${at}.servers`,
      'names what caFile and certFile are for, and means nothing without them',
    );
}
