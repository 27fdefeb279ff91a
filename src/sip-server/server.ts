import { randomBytes } from 'node:crypto';
import { every, type Clock, type Timer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Command } from './app/command.ts';
import { openAppLink, type App } from './app/link.ts';
import { onAppResponse } from './core/answer.ts';
import { sendBye } from './core/bye.ts';
import { sendCancel } from './core/cancel-out.ts';
import { forgetPending, type Core } from './core/core.ts';
import { onRequest } from './core/incoming.ts';
import { createSourceScreen } from './core/source-screen.ts';
import { onAppRequest } from './core/request.ts';
import { proxyForApp } from './core/proxy.ts';
import { bracketHost } from './message/grammar.ts';
import { readResponse } from './message/inbound.ts';
import { parseMessage } from './message/message.ts';
import { replyTo } from './message/reply.ts';
import { usualAdmission } from './limits.ts';
import type { SipServerCounts, SipServerInfo, SipServerOptions, SipServerTally } from './options.ts';
import { cachedDns } from './dns/dns-cache.ts';
import { createDnsClient, type DnsClient } from './dns/dns-client.ts';
import { createLocator } from './dns/locate.ts';
import { createSourceRate } from './source-rate.ts';
import { createClientTransactions } from './transaction/client.ts';
import { createServerTransactions } from './transaction/server.ts';
import { standardTiming, type Timing } from './transaction/timing.ts';
import type { Flow } from './transport/flow.ts';
import { openTrace } from './trace/trace-file.ts';
import { openTransport } from './transport/transport.ts';

export interface SipServer {
  readonly info: SipServerInfo;
  counts(): SipServerCounts;
  tally(): SipServerTally;
  /** Certificates are read again from their files. */
  reread(): void;
  stop(): Promise<void>;
}

export interface SipServerDependencies {
  readonly clock: Clock;
  readonly log: Log;
  readonly timing?: Timing;
  /** Instead of sockets. */
  readonly openTransport?: typeof openTransport;
  readonly openAppLink?: typeof openAppLink;
  readonly dns?: DnsClient;
}

export async function startSipServer(
  options: SipServerOptions,
  dependencies: SipServerDependencies,
): Promise<SipServer> {
  const { clock, log, timing = standardTiming } = dependencies;
  const admission = { ...usualAdmission, ...options.admission };
  const rate = createSourceRate({ clock, messagesPerSecond: admission.messagesPerSecond });
  const tally = {
    ...{ received: 0, overRate: 0, unknownSource: 0, unusable: 0, turnedAway: 0 },
    connectionsRefused: 0,
  };
  const trace = options.trace === undefined ? null : openTrace(options.trace, { clock, log });
  const screen = createSourceScreen(options.answeredSources ?? null);
  const transport = await (dependencies.openTransport ?? openTransport)({
    listen: options.listen,
    tls: options.tls ?? null,
    external: options.external ?? null,
    clock,
    log,
    admits: screen,
    onRefused() {
      tally.connectionsRefused += 1;
    },
    onMessage(bytes, flow) {
      tally.received += 1;
      if (!rate.admits(flow.remote.address)) {
        tally.overRate += 1;
        // A stream cannot lose one message and go on: its peer would wait for the answer.
        if (flow.reliable) flow.end();
        return;
      }
      trace?.received(bytes, flow);
      try {
        onMessage(core, bytes, flow);
      } catch (error) {
        // The parsers do not throw; should anything else, one message is lost and not every call.
        log.error({ err: error }, 'message handling failed');
      }
    },
    onSent: (bytes, flow) => trace?.sent(bytes, flow),
  });
  const hostPorts = transport.endpoints
    .map((e) => `${e.transport}/${bracketHost(e.host)}:${e.port}`)
    .join(',');
  const apps = await (dependencies.openAppLink ?? openAppLink)({
    ...options.app,
    clock,
    hostPorts: () => hostPorts,
    onCommand: (app, msgId, command) => onCommand(core, { app, msgId }, command),
    onGone: (app) => onAppGone(core, app),
  }).catch(async (error: unknown) => {
    await transport.close();
    throw error;
  });
  // Over TLS nobody is called back: the connection that is gone was to somebody, its address alone is nobody.
  const returnFlow = ({ transport: name, remote: { address } }: Flow, port: number | null): Flow | null =>
    name === 'tls'
      ? null
      : transport.flowTo({ transport: name, peer: { address, port: port ?? 5060 }, domain: address });
  const dns = cachedDns(dependencies.dns ?? createDnsClient(options.dnsServers ?? []), clock);
  const core: Core = {
    ...{ clock, timing, log, transport, apps, admission, tally },
    screen,
    locator: createLocator({
      ...{ dns, clock },
      random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
      transports: new Set(transport.endpoints.map((e) => e.transport)),
    }),
    servers: createServerTransactions({ clock, timing, returnFlow }),
    clients: createClientTransactions(clock, timing),
    dialogs: new Map(),
    pendings: new Map(),
    invites: new Map(),
    forming: new Map(),
    outgoings: new Map(),
    proxies: new Map(),
  };
  const warnings = reportUnheard(core);
  return {
    info: { endpoints: transport.endpoints, appPort: apps.port },
    counts: () => ({
      serverTransactions: core.servers.count(),
      clientTransactions: core.clients.count(),
      dialogs: core.dialogs.size,
      pendings: core.pendings.size,
      outgoings: core.outgoings.size,
      proxies: core.proxies.size,
      connections: transport.connections(),
    }),
    tally: () => ({ ...tally }),
    reread: () => transport.reread(),
    async stop() {
      warnings.cancel();
      await apps.close();
      core.servers.stop();
      core.clients.stop();
      for (const pending of [...core.pendings.values()]) forgetPending(core, pending);
      await transport.close();
      await trace?.stop();
    },
  };
}

const warnEveryMs = 10_000;

/** One line for all of ten seconds that was not read or left unanswered: a flood must not flood the log. */
function reportUnheard({ clock, log, tally }: Pick<Core, 'clock' | 'log' | 'tally'>): Timer {
  let told = { ...tally };
  return every(clock, warnEveryMs, () => {
    const messages = tally.overRate - told.overRate;
    const requests = tally.unknownSource - told.unknownSource;
    const connections = tally.connectionsRefused - told.connectionsRefused;
    if (connections > 0)
      log.warn(
        { connections },
        'connections refused: too many, of unknown sources, or without a certificate',
      );
    if (messages > 0) log.warn({ messages }, 'sources over their rate');
    if (requests > 0) log.warn({ requests }, 'requests of unknown sources left unanswered');
    told = { ...tally };
  });
}

function onMessage(core: Core, bytes: Buffer, flow: Flow): void {
  const parsed = parseMessage(bytes, flow.reliable ? 'stream' : 'datagram');
  if (!parsed.ok) {
    if (parsed.reason !== 'empty') core.tally.unusable += 1;
    // Bytes that are no SIP are not answered: an answer would only help whoever scans.
    if (parsed.reason !== 'empty')
      core.log.debug({ reason: parsed.reason, from: flow.remote.address }, 'not SIP');
    return;
  }
  const { message, fault } = parsed.value;
  if (message.kind === 'request') {
    onRequest(core, message, fault, flow);
    return;
  }
  const fields = readResponse(message);
  if (!fields.ok || !core.clients.respond(message, fields.value)) {
    core.tally.unusable += 1;
    core.log.debug({ status: message.status, from: flow.remote.address }, 'response to nothing of ours');
  }
  return undefined;
}

function onCommand(
  core: Core,
  from: { app: App; msgId: string },
  command: Command & { kind: 'sip' | 'proxy' },
): void {
  const { message, transactionId } = command;
  if (command.kind === 'proxy') {
    proxyForApp(core, { ...from, transactionId, settings: command, headers: message.headers });
    return;
  }
  const { dialogId, routeUrl } = command;
  if (message.kind === 'response') {
    onAppResponse(core, { ...from, transactionId, response: message });
    return;
  }
  onAppRequest(core, { ...from, transactionId, dialogId, routeUrl, request: message });
}

/**
 * Without its app a call can neither be answered nor ended by anybody here, so it ends: a real drachtio-server keeps
 * such dialogs until the peer gives up, which would leave callers on a line that nobody attends.
 */
function onAppGone(core: Core, app: App): void {
  core.log.warn({ app: app.id }, 'app gone: its calls end');
  for (const pending of [...core.pendings.values()]) {
    if (pending.app !== app) continue;
    const reply = replyTo(pending.request, {
      status: 503,
      reason: 'Service Unavailable',
      toTag: pending.toTag,
    });
    forgetPending(core, pending);
    pending.transaction.respond(reply);
  }
  for (const outgoing of [...core.outgoings.values()]) {
    if (outgoing.app === app && outgoing.request.method === 'INVITE') sendCancel(core, outgoing);
  }
  for (const dialog of [...core.dialogs.values()]) {
    if (dialog.app === app && !dialog.early) sendBye(core, dialog, 'Application gone', { silently: true });
  }
}
