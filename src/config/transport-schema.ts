import { Type } from 'typebox';
import { object, orNull, port, text } from './schema-parts.ts';

/** What the sip and media sections say of sockets, certificates and names. */

const pemPair = {
  certFile: text('PEM file with the certificate chain.'),
  keyFile: text('PEM file with the private key.'),
};

export const listenSchema = Type.Array(
  object('One listen address of the embedded SIP server.', {
    transport: Type.Union([Type.Literal('udp'), Type.Literal('tcp'), Type.Literal('tls')], {
      description: 'udp, tcp or tls (then sip.tls is needed).',
    }),
    host: text('Address to listen on, IPv4 or IPv6.'),
    port: port('SIP port.'),
    requireClientCert: Type.Optional(
      Type.Boolean({
        description:
          'tls: serve only those who show a certificate of sip.tls.clientCaFile; left out: false, certificates are asked for.',
      }),
    ),
  }),
  { description: 'Where the embedded SIP server listens.', minItems: 1, maxItems: 16 },
);

export const sipTlsSchema = object(
  'Certificates of SIP over TLS; read again when a file changes, and on SIGHUP.',
  {
    ...pemPair,
    hosts: Type.Array(
      object('A certificate for another server name (SNI).', {
        name: Type.String({ description: 'The server name.', pattern: '^[A-Za-z0-9.-]{1,253}$' }),
        ...pemPair,
      }),
      { description: 'Certificates for further names of this connector.', maxItems: 64 },
    ),
    caFile: orNull(
      text('PEM file of the authorities that servers’ certificates may come from; null: those of Node.'),
    ),
    clientCaFile: orNull(
      text('PEM file of the authorities for certificates of callers; null: callers are not asked for any.'),
    ),
    crlFile: Type.Optional(
      text(
        'PEM file of the revocation lists of the authorities of servers, one valid list of each; left out: revocation is not looked at.',
      ),
    ),
    clientCrlFile: Type.Optional(
      text('PEM file of the revocation lists of the authorities in clientCaFile; left out: not looked at.'),
    ),
  },
);

const addressesSchema = {
  address: text(
    'IPv4 or IPv6 address by which the other side of the NAT reaches this machine, ports unchanged.',
  ),
  localNetworks: Type.Array(text('Address or CIDR range.'), {
    description:
      'Peers on this side of the NAT, which are told the inner address. This machine always is one.',
    maxItems: 64,
  }),
};

export const sipExternalSchema = object(
  'Behind a NAT: what Via, Contact and Record-Route name towards the outside.',
  addressesSchema,
);

export const mediaExternalSchema = object(
  'Behind a NAT: what SDP names towards the outside.',
  addressesSchema,
);

export const dnsServersSchema = Type.Array(
  text('Address and port, such as 192.0.2.53:53 or [2001:db8::53]:53.'),
  {
    description: 'Name servers that SIP domains are looked up with (RFC 3263); empty: the system’s.',
    maxItems: 8,
  },
);

const tlsName = (description: string) => Type.String({ description, pattern: '^[A-Za-z0-9.:-]{1,253}$' });

export const trunkTlsSchema = object('Certificates between this trunk and us.', {
  clientNames: Type.Optional(
    Type.Array(tlsName('SIP domain or host name.'), {
      description:
        'Whoever connects from its sources over TLS has to show a certificate for one of these names (mutual TLS); left out: no certificate is needed.',
      minItems: 1,
      maxItems: 64,
    }),
  ),
  servers: Type.Optional(
    Type.Array(tlsName('SIP domain, as in the URIs of its servers.'), {
      description: 'The servers that caFile, certFile and keyFile are for; a name stands in one trunk.',
      minItems: 1,
      maxItems: 64,
    }),
  ),
  caFile: Type.Optional(
    text('PEM file of the authorities for its servers’ certificates; left out: sip.tls.caFile.'),
  ),
  crlFile: Type.Optional(
    text('PEM file of the revocation lists of the authorities in caFile; left out: not looked at.'),
  ),
  certFile: Type.Optional(
    text('PEM file with the certificate chain that its servers are shown; left out: sip.tls.certFile.'),
  ),
  keyFile: Type.Optional(text('PEM file with the private key of certFile.')),
});
