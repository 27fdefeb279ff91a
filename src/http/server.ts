import fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { systemClock, type Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { addApi } from './api.ts';
import { addressRanges, loopback } from '../base/address-range.ts';
import { buildBundle, packedAssets, readBundle, type Bundle } from './bundle.ts';
import { limitConnections } from './connection-limit.ts';
import { commonHeaders, connectOrigins, contentSecurityPolicy, sameOrigin, verifyPolicy } from './headers.ts';
import type { HttpPorts } from './ports.ts';
import { problem, problemOfStatus, type ProblemCode } from './problem.ts';
import { appShell, landingPage, verifyPage, type Shell } from './shell.ts';
import { acceptedLanguage, shellLanguages, type ShellLanguage } from './shell-text.ts';

export interface Tls {
  /** PEM: certificate chain and private key. */
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls?: Tls;
  readonly ports: HttpPorts;
  readonly log: Log;
  /** A folder made by `writeBundle`; unset: that of the package, or in a checkout the pages are bundled at start. */
  readonly assetsDir?: string;
  /** Where a reverse proxy stands in front: the address that browsers see. Its origin is ours too. */
  readonly publicUrl?: string | null;
  /** Proxies whose X-Forwarded-For is believed when requests are counted. */
  readonly trustedProxies?: readonly string[];
  readonly clock?: Clock;
}

export interface HttpServer {
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Takes up renewed certificates; open connections go on. */
  renewTls(tls: Tls): void;
  stop(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyReply {
    /** Answers with a problem document (RFC 9457). */
    refuse(code: ProblemCode): FastifyReply;
  }
}

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const app = createApp(options);
  const scheme = options.tls === undefined ? 'http' : 'https';
  return {
    async start() {
      const folder = options.assetsDir ?? packedAssets;
      const bundle = folder === null ? await buildBundle() : await readBundle(folder);
      addPages(app, options, bundle);
      try {
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        throw listenError(error, options);
      }
      const address = app.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : options.port;
      const host = options.host.includes(':') ? `[${options.host}]` : options.host;
      options.log.info({ host: options.host, port, tls: options.tls !== undefined }, 'pages are served');
      return { url: `${scheme}://${host}:${port}`, port };
    },
    renewTls: (tls) => setTls(app.server, tls),
    stop: () => app.close(),
  };
}

/** Of a server that listens with TLS; another one stays as it is. */
export function setTls(server: object, tls: Tls): void {
  if ('setSecureContext' in server) (server as { setSecureContext(tls: Tls): void }).setSecureContext(tls);
}

function listenError(error: unknown, options: HttpServerOptions): unknown {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return error;
  const message = `http.port: ${options.host}:${options.port} is in use`;
  return new LatchkeyError('port-busy', message, { cause: error });
}

/** The routes without sockets or bundled pages; what tests inject into. */
/** Connections at a time: far above what pages need, far below what the process could not bear. */
const connections = { all: 4_000, perSource: 400 };

function createApp(options: HttpServerOptions): FastifyInstance {
  const app = fastify({
    // The framework's logger would print URLs. Ours prints a route's pattern.
    logger: false,
    bodyLimit: 32 * 1024,
    // Bounds how long a slow client may hold a socket before its request is complete.
    requestTimeout: 15_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 10_000,
    routerOptions: { maxParamLength: 128 },
    exposeHeadRoutes: true,
    // An address that no route can be looked up for, before any hook: the framework's own answer would repeat it.
    frameworkErrors(error, _request, reply: FastifyReply) {
      const body = problem(problemOfStatus(error.statusCode));
      void reply
        .headers(commonHeaders(options.tls !== undefined))
        .code(body.status)
        .type('application/problem+json')
        .send(JSON.stringify(body));
    },
    return503OnClosing: true,
    forceCloseConnections: true,
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    // Closed schemas refuse what they do not name instead of quietly dropping or converting it.
    ajv: {
      customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: false },
    },
    ...(options.tls === undefined ? {} : { https: { cert: options.tls.cert, key: options.tls.key } }),
  }) as unknown as FastifyInstance;
  const exempt = addressRanges([...loopback, ...(options.trustedProxies ?? [])]);
  limitConnections(app.server, { ...connections, exempt });
  // JSON alone: a form or plain text could be sent by another site without asking.
  app.removeContentTypeParser('text/plain');
  const common = commonHeaders(options.tls !== undefined);
  app.decorateReply('refuse', function refuse(this: FastifyReply, code: ProblemCode) {
    const body = problem(code);
    return this.code(body.status).type('application/problem+json').send(JSON.stringify(body));
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(common);
    if (request.method !== 'POST') return undefined;
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    return sameOrigin({ origin, host, site }, options.publicUrl ?? null)
      ? undefined
      : reply.refuse('cross-origin');
  });
  app.addHook('onResponse', (request, reply, done) => {
    logRequest(options.log, request, reply);
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const code = error.code === 'sharing-unavailable' ? 'not-ready' : problemOfStatus(error.statusCode);
    if (code === 'internal-error') {
      options.log.error(
        { route: request.routeOptions.url, err: { type: error.name, code: error.code } },
        'request failed',
      );
    }
    return reply.refuse(code);
  });
  app.setNotFoundHandler((_request, reply) => reply.refuse('not-found'));
  addApi(app, { ports: options.ports, clock: options.clock ?? systemClock });
  return app;
}

/** The route's pattern, never the URL: an address can hold what must not be in a log. */
function logRequest(log: Log, request: FastifyRequest, reply: FastifyReply): void {
  log.debug(
    {
      method: request.method,
      route: request.routeOptions.url ?? '(none)',
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime),
    },
    'request',
  );
}

function addPages(app: FastifyInstance, options: HttpServerOptions, bundle: Bundle): void {
  /** Made once, in every language; a browser gets the one that it asks for. */
  const everyLanguage = (make: (language: ShellLanguage) => string): ReadonlyMap<ShellLanguage, string> =>
    new Map(shellLanguages.map((language) => [language, make(language)]));
  const shell = (entry: Shell['entry'], title: string): ReadonlyMap<ShellLanguage, string> =>
    everyLanguage((language) => appShell(bundle, { entry, title, language }));
  const serve = (path: string, pages: ReadonlyMap<ShellLanguage, string>, connects: boolean): void =>
    void app.get(path, async (request, reply) => {
      const connect = connects ? connectOrigins((await options.ports.setup()).sfuUrl) : [];
      return reply
        .header('content-security-policy', contentSecurityPolicy(connect))
        .header('cache-control', 'no-cache')
        .header('vary', 'accept-language')
        .type('text/html; charset=utf-8')
        .send(pages.get(acceptedLanguage(request.headers['accept-language'])));
    });
  serve(
    '/',
    everyLanguage((language) => landingPage(bundle, language)),
    false,
  );
  serve('/host', shell('host', 'Host · Latchkey'), true);
  serve('/cohost', shell('cohost', 'Co-host · Latchkey'), false);
  serve('/join/:meetingId', shell('member', 'Meeting · Latchkey'), true);
  const verifier = verifyPage(bundle);
  app.get('/verify', (_request, reply) =>
    reply
      .header('content-security-policy', `${verifyPolicy("'self'", "'self'")}; frame-ancestors 'none'`)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(verifier),
  );
  app.get<{ Params: { file: string } }>('/assets/:file', (request, reply) => {
    const asset = bundle.assets.get(request.params.file);
    if (asset === undefined) return reply.refuse('not-found');
    const zipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    void reply
      .header('cache-control', 'public, max-age=31536000, immutable')
      .header('vary', 'accept-encoding')
      // A worker has a policy of its own; it needs nothing from anywhere.
      .header('content-security-policy', "default-src 'none'")
      .type(asset.type);
    return zipped ? reply.header('content-encoding', 'gzip').send(asset.gzip) : reply.send(asset.body);
  });
}
