import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { addressRanges, loopback } from '../base/address-range.ts';
import type { Clock } from '../base/clock.ts';
import { LatchkeyError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { Counter, expose } from '../base/metrics.ts';
import { limitConnections } from '../http/connection-limit.ts';
import { commonHeaders } from '../http/headers.ts';
import { createRateLimit, rateSource } from '../http/rate-limit.ts';
import { setTls, type Tls } from '../http/server.ts';
import { addEventStream } from './api/event-stream.ts';
import { apiOperations } from './api/operations.ts';
import { openApi } from './api/openapi.ts';
import { addOperations } from './api/routes.ts';
import { allowsHost } from './host-names.ts';
import { samplesOf } from './metrics/described.ts';
import { addOperatorPage } from './page.ts';
import type { AdminPorts } from './ports.ts';
import type { SignIn } from './sign-in.ts';
import { problemOfStatus } from '../http/problem.ts';
import { adminProblem, type AdminProblemCode } from './problem.ts';

export interface AdminServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly tls?: Tls;
  /** Names in the Host header that are answered, beside addresses, `localhost` and `host`. */
  readonly hostNames: readonly string[];
  /** `/metrics` without a key. */
  readonly openMetrics: boolean;
  readonly signIn: SignIn;
  readonly ports: AdminPorts;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AdminServer {
  start(): Promise<{ readonly url: string }>;
  /** Takes up a renewed certificate; open connections go on. */
  renewTls(tls: Tls): void;
  stop(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyReply {
    /** Answers with a problem document (RFC 9457). */
    deny(code: AdminProblemCode, detail?: string): FastifyReply;
  }
}

/** The operators' listener: a server of its own, so that no answer of it can be had where pages are served. */
export function createAdminServer(options: AdminServerOptions): AdminServer {
  const app = createApp(options);
  const scheme = options.tls === undefined ? 'http' : 'https';
  return {
    async start() {
      try {
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
        const message = `admin.port: ${options.host}:${options.port} is in use`;
        throw new LatchkeyError('port-busy', message, { cause: error });
      }
      const address = app.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : options.port;
      const host = options.host.includes(':') ? `[${options.host}]` : options.host;
      options.log.info({ host: options.host, port, tls: options.tls !== undefined }, 'admin listener');
      return { url: `${scheme}://${host}:${port}` };
    },
    renewTls: (tls) => setTls(app.server, tls),
    stop: () => app.close(),
  };
}

function createApp(options: AdminServerOptions): FastifyInstance {
  const { ports, log, clock } = options;
  const app = fastify({
    logger: false,
    bodyLimit: 16 * 1024,
    requestTimeout: 15_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 10_000,
    routerOptions: { maxParamLength: 128 },
    // An address that no route can be looked up for, before any hook: the framework's own answer would repeat it.
    frameworkErrors(error, _request, reply: FastifyReply) {
      const body = adminProblem(problemOfStatus(error.statusCode));
      void reply
        .headers({ ...commonHeaders(options.tls !== undefined), 'cache-control': 'no-store' })
        .code(body.status)
        .type('application/problem+json')
        .send(JSON.stringify(body));
    },
    return503OnClosing: true,
    forceCloseConnections: true,
    ...(options.tls === undefined ? {} : { https: { cert: options.tls.cert, key: options.tls.key } }),
  }) as unknown as FastifyInstance;
  app.removeContentTypeParser('text/plain');
  limitConnections(app.server, { all: 512, perSource: 128, exempt: addressRanges(loopback) });
  const common = { ...commonHeaders(options.tls !== undefined), 'cache-control': 'no-store' };
  const requests = new Counter();
  const limit = createRateLimit({ clock, burst: 200, perSecond: 20, maxSources: 4096 });
  app.decorateReply('deny', function deny(this: FastifyReply, code: AdminProblemCode, detail?: string) {
    const body = adminProblem(code, detail);
    return this.code(body.status).type('application/problem+json').send(JSON.stringify(body));
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(common);
    if (!allowsHost(request.headers.host, options)) return reply.deny('host-unknown');
    const seconds = limit.take(rateSource(request.ip));
    return seconds === 0 ? undefined : reply.header('retry-after', String(seconds)).deny('too-many-requests');
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    requests.add({ route, status: String(reply.statusCode) });
    const { method } = request;
    log.debug({ method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) }, 'request');
    done();
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const code = error.code === 'sharing-unavailable' ? error.code : problemOfStatus(error.statusCode);
    if (code === 'internal-error') {
      const route = request.routeOptions.url;
      log.error({ route, err: { type: error.name, code: error.code } }, 'request failed');
    }
    return reply.deny(code, code === 'bad-request' ? detailOf(error) : undefined);
  });
  app.setNotFoundHandler((_request, reply) => reply.deny('not-found'));
  addHealth(app, ports);
  const { openMetrics, signIn } = options;
  app.get('/metrics', openMetrics ? {} : { onRequest: signIn.guard('reader') }, async (_request, reply) => {
    const families = [
      ...(await ports.families()),
      samplesOf('admin_requests_total', requests)(),
      samplesOf('admin_sign_in_failures_total', signIn.failures)(),
    ];
    return reply.type('text/plain; version=0.0.4; charset=utf-8').send(expose(families));
  });
  const operations = apiOperations(ports);
  addOperations(app, { operations, ports, signIn, clock, log });
  addEventStream(app, { live: ports.live, signIn, clock });
  const document = JSON.stringify(openApi(operations));
  app.get('/v1/openapi.json', (_request, reply) => reply.type('application/json').send(document));
  addOperatorPage(app);
  return app;
}

/** Of our own checks alone: what the framework says may repeat the request. */
const detailOf = (error: FastifyError): string | undefined =>
  'where' in error && typeof error.where === 'string' ? error.where : undefined;

function addHealth(app: FastifyInstance, ports: AdminPorts): void {
  app.get('/livez', (_request, reply) => reply.send({ live: true }));
  app.get('/readyz', async (_request, reply) => {
    const { ready, reasons } = await ports.readiness();
    return reply.code(ready ? 200 : 503).send({ ready, reasons });
  });
}
