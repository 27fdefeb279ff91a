import type { ExternalAddress } from '../base/external-address.ts';

/** What the embedded SIP server's process is started with (base/child.ts) and answers. */
export interface SipEndpoint {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly host: string;
  /** 0: any free port; udp and tcp entries with port 0 and the same host get the same port. */
  readonly port: number;
  /** TLS: whoever shows no certificate of `clientAuthoritiesFile` is not served. Left out: false. */
  readonly requireClientCert?: boolean;
}

/** Files are PEM. The process reads them itself, again when they change or the parent says `reread`. */
export interface TlsSettings {
  readonly certFile: string;
  readonly keyFile: string;
  /** Certificates for further server names. */
  readonly hosts: readonly { readonly name: string; readonly certFile: string; readonly keyFile: string }[];
  /** Who may vouch for servers; null: the authorities that Node brings. */
  readonly authoritiesFile: string | null;
  /** Who may vouch for clients; null: clients are not asked. */
  readonly clientAuthoritiesFile: string | null;
  /**
   * Revocation lists (RFC 5280 §5): of the authorities of servers, and of those of clients. Where there are any, every
   * authority of a chain needs one that is valid now, or the certificate counts for nothing; null: none is asked for.
   */
  readonly revocationsFile: string | null;
  readonly clientRevocationsFile: string | null;
  /** Who has to show a certificate, for whichever trunk it calls, and for which of the names. */
  readonly clientRules: readonly { readonly sources: readonly string[]; readonly names: readonly string[] }[];
  /** Servers with authorities or a client certificate of their own. */
  readonly servers: readonly TlsServerSettings[];
}

export interface TlsServerSettings {
  /** The setting, for messages. */
  readonly label: string;
  readonly names: readonly string[];
  readonly authoritiesFile: string | null;
  /** Of `authoritiesFile`; null: none is asked for. Without `authoritiesFile`, those of all servers count. */
  readonly revocationsFile: string | null;
  /** The certificate that we show; null: the one that we serve with. */
  readonly pair: { readonly certFile: string; readonly keyFile: string } | null;
}

export interface SipServerOptions {
  readonly listen: readonly SipEndpoint[];
  /** drachtio's application port: loopback only. */
  readonly app: { readonly host: string; readonly port: number; readonly secret: string };
  /** Addresses and CIDR ranges whose requests are answered; left out: everybody's. */
  readonly answeredSources?: readonly string[];
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly admission?: Partial<Admission>;
  /** Needed where `listen` has a tls entry. */
  readonly tls?: TlsSettings;
  readonly external?: ExternalAddress;
  /** `address:port`, IPv6 in brackets; left out or empty: the system's. */
  readonly dnsServers?: readonly string[];
  /** Left out: nothing is traced. */
  readonly trace?: TraceSettings;
}

export interface TraceSettings {
  /** Made with mode 0600 where it is not there; added to where it is. */
  readonly file: string;
  /** After so much the file becomes `<file>.1`, whose former content is gone. */
  readonly maxMiB: number;
}

/** How much is let in. Above the rate a message is not read; above the others a request is answered 503. */
export interface Admission {
  /** Of one source address (IPv6: /64), lasting; for two seconds twice as many. */
  readonly messagesPerSecond: number;
  /** Of one source address. A call over UDP has two for 32 s after its end. */
  readonly transactionsPerSource: number;
  /** INVITEs that the app has not answered yet, of all sources. */
  readonly pendingInvites: number;
  readonly dialogs: number;
}

export interface SipServerInfo {
  readonly endpoints: readonly SipEndpoint[];
  readonly appPort: number;
}

/** How much the server holds; all of it is zero when nothing is going on. */
export interface SipServerCounts {
  readonly serverTransactions: number;
  readonly clientTransactions: number;
  readonly dialogs: number;
  readonly pendings: number;
  readonly outgoings: number;
  readonly proxies: number;
  readonly connections: number;
}

/** What has happened since the start. */
export interface SipServerTally {
  readonly received: number;
  /** Not read, because their source sent too many. */
  readonly overRate: number;
  /** Left unanswered, because of `answeredSources`. */
  readonly unknownSource: number;
  /** No SIP, or responses to nothing of ours. */
  readonly unusable: number;
  /** Answered 503 because of `Admission`. */
  readonly turnedAway: number;
  /** Connections ended at once: too many, of unknown sources, or without the certificate that is needed. */
  readonly connectionsRefused: number;
}

/** The parent may ask at any time; the answer has the same `kind`. */
export interface SipServerReport {
  readonly kind: 'report';
  readonly counts: SipServerCounts;
  readonly tally: SipServerTally;
}
