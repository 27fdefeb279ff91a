import { isIPv6 } from 'node:net';
import type { Config } from './config/schema.ts';
import { clientRules } from './sip/trunk/client-rules.ts';
import type { SipServerOptions, TlsServerSettings, TlsSettings } from './sip-server/options.ts';

type AddressFamily = 4 | 6;

/** Where RTP sockets are bound. */
export function rtpRange({ host, otherHost, rtpPorts }: Config['media']) {
  return {
    host,
    ...(otherHost === null ? {} : { otherHost }),
    portMin: rtpPorts.min,
    portMax: rtpPorts.max,
  };
}

/** The families of the addresses that RTP has. */
export function mediaFamilies({ host, otherHost }: Config['media']): readonly AddressFamily[] {
  return [host, ...(otherHost === null ? [] : [otherHost])].map((address) => (isIPv6(address) ? 6 : 4));
}

/** What the embedded SIP server is told of certificates, NAT and names: from the configuration, trunks included. */
export function sipTransportOptions({
  sip,
  trunks,
}: Config): Pick<SipServerOptions, 'tls' | 'external' | 'dnsServers' | 'trace'> {
  return {
    ...(sip.tls === null ? {} : { tls: tlsSettings(sip.tls, trunks) }),
    ...(sip.externalAddress === null ? {} : { external: sip.externalAddress }),
    dnsServers: sip.dnsServers,
    ...(sip.trace === null ? {} : { trace: sip.trace }),
  };
}

function tlsSettings(tls: NonNullable<Config['sip']['tls']>, trunks: Config['trunks']): TlsSettings {
  const { certFile, keyFile, hosts } = tls;
  return {
    ...{ certFile, keyFile, hosts },
    authoritiesFile: tls.caFile,
    clientAuthoritiesFile: tls.clientCaFile,
    revocationsFile: tls.crlFile ?? null,
    clientRevocationsFile: tls.clientCrlFile ?? null,
    clientRules: clientRules(trunks),
    servers: trunks.flatMap(({ name, tls: own }): TlsServerSettings[] =>
      own?.servers === undefined
        ? []
        : [
            {
              label: `trunks (${name}).tls`,
              names: own.servers,
              authoritiesFile: own.caFile ?? null,
              revocationsFile: own.crlFile ?? null,
              pair:
                own.certFile === undefined || own.keyFile === undefined
                  ? null
                  : { certFile: own.certFile, keyFile: own.keyFile },
            },
          ],
    ),
  };
}
