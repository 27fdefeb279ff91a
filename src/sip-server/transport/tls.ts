import { X509Certificate } from 'node:crypto';
import { isIP, type Server } from 'node:net';
import {
  connect,
  createSecureContext,
  createServer,
  type ConnectionOptions,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
  type Server as TlsServer,
} from 'node:tls';
import { parseAddressRange } from '../../base/address-range.ts';
import { every, type Clock } from '../../base/clock.ts';
import { fileStates } from '../../base/file-state.ts';
import type { Log } from '../../base/log.ts';
import { limits } from '../limits.ts';
import type { TlsSettings } from '../options.ts';
import { filesOf, readTlsMaterial, type TlsMaterial } from './tls-files.ts';
import { certificateNames, nameFault } from './tls-identity.ts';

/** TLS for all connections of the SIP side: TLS 1.2 or later, with certificates that may change while it runs. */
export interface TlsSide {
  createServer(requireClientCert: boolean): TlsServer;
  /** The server has ended. */
  forget(server: Server): void;
  /** `domain`: what the peer's certificate has to be for (RFC 5922 §7.4). `secureConnect` comes after that check. */
  connect(to: ConnectionOptions, domain: string): TLSSocket;
  /** Whether a client, past the handshake, has shown what its address needs. */
  admits(socket: TLSSocket): boolean;
  /** The names in a client's verified certificate; none where it has shown none. */
  provenNames(socket: TLSSocket): readonly string[];
  /** Reads all files again. What is unusable changes nothing and is logged. */
  reread(): void;
  stop(): void;
}

export interface TlsSideOptions {
  readonly settings: TlsSettings;
  readonly clock: Clock;
  readonly log: Log;
}

const lookEveryMs = 5_000;

/** @throws LatchkeyError `tls-files` */
export function createTlsSide({ settings, clock, log }: TlsSideOptions): TlsSide {
  const files = filesOf(settings);
  let seen = fileStates(files);
  let material = readTlsMaterial(settings);
  let contexts = contextsByName(material);
  const servers = new Map<Server, TlsServer>();
  const rules = settings.clientRules.map(({ sources, names }) => ({
    names: new Set(names.map((name) => name.toLowerCase())),
    ranges: sources.map(parseAddressRange).flatMap((range) => (range.ok ? [range.value] : [])),
  }));

  const reread = (): void => {
    seen = fileStates(files);
    try {
      material = readTlsMaterial(settings);
      contexts = contextsByName(material);
      for (const server of servers.values()) server.setSecureContext(served(material));
      log.info('TLS certificates read again');
    } catch (error) {
      log.warn(
        { reason: error instanceof Error ? error.message : 'unknown' },
        'TLS certificates unusable: those in use stay',
      );
    }
  };
  const looking = every(clock, lookEveryMs, () => {
    if (fileStates(files) !== seen) reread();
  });

  const provenNames = (socket: TLSSocket): readonly string[] => {
    const certificate = socket.authorized ? certificateOf(socket) : null;
    return certificate === null ? [] : certificateNames(certificate);
  };
  return {
    createServer(requireClientCert) {
      const server = createServer({
        ...served(material),
        noDelay: true,
        keepAlive: true,
        handshakeTimeout: limits.handshakeMs,
        requestCert: settings.clientAuthoritiesFile !== null,
        rejectUnauthorized: requireClientCert,
        SNICallback: (name, done) => done(null, contexts.get(name.toLowerCase())),
      });
      server.on('tlsClientError', (error, socket) => {
        log.debug({ from: socket.remoteAddress, code: codeOf(error) }, 'TLS handshake failed');
        socket.destroy();
      });
      servers.set(server, server);
      return server;
    },
    forget: (server) => void servers.delete(server),
    connect(to, domain) {
      const named = material.servers.find(({ names }) => names.includes(domain.toLowerCase()));
      const socket = connect({
        ...to,
        ...(named?.secure ?? material.client),
        // RFC 6066 §3: a name and never an address.
        ...(isIP(domain) === 0 ? { servername: domain } : {}),
        rejectUnauthorized: true,
        checkServerIdentity: (_: string, { raw }: PeerCertificate) => {
          const fault = nameFault(new X509Certificate(raw), domain);
          return fault === null ? undefined : new Error(fault);
        },
      });
      socket.once('error', (error: NodeJS.ErrnoException) => {
        // What has a system call is the network's; everything else is about certificates and TLS itself.
        if (error.syscall === undefined)
          log.warn({ server: domain, reason: codeOf(error) }, 'TLS connection not made');
      });
      return socket;
    },
    admits(socket) {
      const address = socket.remoteAddress ?? '';
      const asked = rules.filter(({ ranges }) => ranges.some((range) => range.contains(address)));
      if (asked.length === 0) return true;
      const names = provenNames(socket);
      if (asked.some((rule) => names.some((name) => rule.names.has(name)))) return true;
      // Node types it as an Error; it is OpenSSL's code: CERT_REVOKED, CRL_HAS_EXPIRED, ...
      const reason = socket.authorized ? 'another name' : String(socket.authorizationError);
      log.debug({ from: address, reason }, 'TLS client without the certificate that its trunk needs');
      return false;
    },
    provenNames,
    reread,
    stop: () => looking.cancel(),
  };
}

function served({ own, ...clients }: TlsMaterial) {
  return { ...own, ...trustOf(clients) };
}

function trustOf({
  clientAuthorities,
  clientRevocations,
}: Pick<TlsMaterial, 'clientAuthorities' | 'clientRevocations'>) {
  return {
    ...(clientAuthorities === null ? {} : { ca: [...clientAuthorities] }),
    ...(clientRevocations === null ? {} : { crl: [...clientRevocations] }),
  };
}

function contextsByName({ hosts, ...clients }: TlsMaterial): ReadonlyMap<string, SecureContext> {
  return new Map(
    hosts.flatMap(({ names, secure }) => {
      const context = createSecureContext({ ...secure, ...trustOf(clients) });
      return names.map((name) => [name, context] as const);
    }),
  );
}

function certificateOf(socket: TLSSocket): X509Certificate | null {
  return socket.getPeerX509Certificate() ?? null;
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.message;
}
