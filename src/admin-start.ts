import { join } from 'node:path';
import { openKeyBook } from './admin/api-keys.ts';
import type { CallRecord } from './admin/api/wire.ts';
import { LiveState } from './admin/live.ts';
import { createCallMetrics } from './admin/metrics/call-metrics.ts';
import { figure, figures } from './admin/metrics/described.ts';
import { createProcessMetrics } from './admin/metrics/processes.ts';
import {
  ledgerFamilies,
  sharingFamilies,
  sipServerFamilies,
  trunkFamilies,
} from './admin/metrics/state-metrics.ts';
import { createTokenCheck } from './admin/oidc.ts';
import type { AdminPorts } from './admin/ports.ts';
import type { RtpTraceFile } from './admin/rtp-trace.ts';
import { createAdminServer, type AdminServer, type AdminServerOptions } from './admin/server.ts';
import { createSignIn } from './admin/sign-in.ts';
import { childProcesses } from './base/child.ts';
import type { Clock } from './base/clock.ts';
import type { LegId } from './base/ids.ts';
import type { Log } from './base/log.ts';
import type { Family } from './base/metrics.ts';
import { version } from './base/version.ts';
import type { CallObserver } from './call/call-events.ts';
import type { MeetingBook } from './call/meeting-book.ts';
import type { HoldersOf, OwnershipFigures } from './call/ownership.ts';
import type { Switchboard } from './call/switchboard.ts';
import { masked } from './config/masked.ts';
import type { LiveConfig } from './config/reload.ts';
import type { Config } from './config/schema.ts';
import { keepRenewed, readTlsFiles } from './http/tls-files.ts';
import type { Meetings } from './meetings.ts';
import type { Reload } from './reload.ts';
import type { SipServerReport } from './sip-server/options.ts';
import type { SipGateway } from './sip/gateway.ts';
import type { VaultHandle } from './vault/handle.ts';

/** What watches calls from the first one on; the listener that shows it starts later. */
export interface CallWatch {
  readonly observe: CallObserver;
  readonly live: LiveState;
  families(): readonly Family[];
}

export function createCallWatch(
  clock: Clock,
  log: Pick<Log, 'info'>,
  trace: Pick<RtpTraceFile, 'onEvent'> | null = null,
): CallWatch {
  const live = new LiveState(clock);
  live.watch((change) => {
    if (change.kind === 'call' && change.call.endedAt !== null)
      log.info(detailRecord(change.call), 'call record');
  });
  const metrics = createCallMetrics(() => clock.monoMs());
  return {
    live,
    families: () => metrics.families(),
    observe(event) {
      live.onEvent(event);
      metrics.onEvent(event);
      trace?.onEvent(event);
    },
  };
}

/** Of a call that is over, as billing and statistics want it: one line, no number, no name. */
function detailRecord(call: CallRecord): Readonly<Record<string, unknown>> {
  // Logs travel farther than the API: not even what is left of a masked number.
  const { id, startedAt, answeredAt, endedAt, caller: _, ...more } = call;
  const iso = (ms: number): string => new Date(ms).toISOString();
  const end = endedAt ?? answeredAt;
  const times = {
    started: iso(startedAt),
    answered: iso(answeredAt),
    ended: iso(end),
    seconds: Math.round((end - answeredAt) / 1_000),
  };
  return { call: id, ...more, ...times };
}

export interface AdminParts {
  readonly config: Config;
  readonly live: LiveConfig;
  readonly reload: Pick<Reload, 'now'>;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly watch: CallWatch;
  readonly vault: VaultHandle;
  readonly meetings: Meetings;
  readonly book: MeetingBook;
  readonly switchboard: Pick<Switchboard, 'drain' | 'draining' | 'endLeg'>;
  /** Null: it shares nothing with other connectors. */
  readonly sharing: (() => OwnershipFigures) | null;
  /** Null: as above. */
  readonly holders: HoldersOf | null;
  readonly gateway: SipGateway;
  readonly sipReachable: () => boolean;
  /** Null: no embedded SIP server, or it does not answer. */
  readonly sipReport: () => Promise<SipServerReport | null>;
  readonly readiness: AdminPorts['readiness'];
}

/** The operators' listener; null where the configuration switches it off. */
export async function startAdmin(
  parts: AdminParts,
): Promise<{ readonly url: string; stop(): Promise<void> } | null> {
  const { config, clock, log } = parts;
  const { enabled, host, port, hostNames, openMetrics, tls, keysFile, oidc } = config.admin;
  if (!enabled) return null;
  const keys = openKeyBook(keysFile ?? adminKeysFile(parts.dataDir), clock, (reason) =>
    log.error({ reason }, 'no API key is taken'),
  );
  const tokens = oidc === null ? null : createTokenCheck({ ...oidc, roleNames: oidc.roles, clock });
  const settings = {
    ...{ host, port, hostNames, openMetrics, clock, log },
    signIn: createSignIn({ keys, tokens, clock }),
    ports: adminPorts(parts),
  };
  const server = tls === null ? createAdminServer(settings) : withTls(settings, tls);
  if (tls === null && !isLoopback(host))
    log.warn({ host }, 'the admin listener is reachable without TLS: keys cross the network in clear');
  const { url } = await server.start();
  return { url, stop: () => server.stop() };
}

function adminPorts(parts: AdminParts): AdminPorts {
  const { clock, log, watch, vault, meetings, book, switchboard, gateway } = parts;
  const startedAt = clock.wallMs();
  return {
    live: watch.live,
    readiness: parts.readiness,
    families: () => families(parts),
    state: () => ({ startedAt, draining: switchboard.draining }),
    trunks: () =>
      gateway.door.trunks.map((trunk) => {
        const link = gateway.links.find((one) => one.trunk === trunk.name);
        return { ...trunk, health: link?.health ?? null, registrations: link?.registrations ?? [] };
      }),
    tail: (query) => vault.tail(query),
    ledgerKey: vault.info.ledgerKey,
    append: async (entry) => {
      await vault.append([entry]);
    },
    config: () => masked(parts.live.now) as ReturnType<AdminPorts['config']>,
    reload: () => parts.reload.now(),
    meetings: {
      list: () => book.list(),
      get: (name) => book.get(name),
      create: (meeting) => meetings.create(meeting),
      close: (name) => meetings.close(name),
      issuePin: (name, holder) => book.issuePin(name, holder),
      revokePin: (name, pinId) => book.revokePin(name, pinId),
      rotatePins: (name) => book.rotatePins(name),
      takeNewPin: (name) => book.takeNewPin(name),
      holders: parts.holders,
    },
    endLeg: (leg) => switchboard.endLeg(leg as LegId),
    drain: (deadlineMs) =>
      void switchboard.drain(deadlineMs).catch((error: unknown) => {
        log.error({ reason: error instanceof Error ? error.message : 'unknown' }, 'drain');
      }),
  };
}

const isLoopback = (host: string): boolean =>
  host === '::1' || host === 'localhost' || host.startsWith('127.');

const adminKeysFile = (dataDir: string): string => join(dataDir, 'admin-keys.json');

function withTls(
  settings: AdminServerOptions,
  tls: { readonly certFile: string; readonly keyFile: string },
): AdminServer {
  const files = { setting: 'admin.tls', ...tls };
  return keepRenewed(createAdminServer({ ...settings, tls: readTlsFiles(files) }), files, settings);
}

async function families(parts: AdminParts): Promise<readonly Family[]> {
  const { watch, vault, gateway } = parts;
  const [status, report, readiness] = await Promise.all([
    vault.status(),
    parts.sipReport(),
    parts.readiness(),
  ]);
  const { bridges, keys } = watch.live.keysHeld;
  const phases = Map.groupBy(watch.live.legs, ({ phase }) => phase);
  return [
    figure('build_info', 1, { version }),
    figure('ready', readiness.ready ? 1 : 0),
    figures(
      'legs',
      [...phases].map(([state, legs]) => ({ labels: { state }, value: legs.length })),
    ),
    figure('bridges', watch.live.bridges.length),
    figure('keys_held', bridges),
    figure('frame_keys', keys),
    ...watch.families(),
    ...trunkFamilies(gateway),
    figure('sip_reachable', parts.sipReachable() ? 1 : 0),
    ...sipServerFamilies(report),
    ...sharingFamilies(parts.sharing?.() ?? null),
    ...ledgerFamilies(status.ok ? status.value : null),
    ...processMetrics(),
  ];
}

const processMetrics = createProcessMetrics({
  processes: () => [{ name: 'control', pid: process.pid }, ...childProcesses()],
});
