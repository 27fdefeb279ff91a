import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join, resolve as resolvePath } from 'node:path';
import { startChild } from './base/child.ts';
import type { Clock } from './base/clock.ts';
import { LatchkeyError } from './base/errors.ts';
import { announcer } from './base/external-address.ts';
import type { Log } from './base/log.ts';
import { supervise, type Supervised } from './base/supervise.ts';
import { MeetingBook } from './call/meeting-book.ts';
import type { CreatedMeeting } from './call/meeting-entry.ts';
import type { Switchboard, StopReason } from './call/switchboard.ts';
import { ledgerPlace, readSecretFile } from './config/load.ts';
import { LiveConfig } from './config/reload.ts';
import type { Config } from './config/schema.ts';
import { createCallWatch, startAdmin } from './admin-start.ts';
import { openRtpTrace } from './admin/rtp-trace.ts';
import { createHttpServer, type HttpServer } from './http/server.ts';
import type { HttpPorts } from './http/ports.ts';
import { keepRenewed, readTlsFiles } from './http/tls-files.ts';
import { ledgerFile } from './ledger/files.ts';
import { Meetings, type Platform } from './meetings.ts';
import type { SfuInfo, SfuOptions } from './sfu/options.ts';
import type { SipServerInfo, SipServerOptions } from './sip-server/options.ts';
import { planOutbound, type Outbound } from './outbound.ts';
import { createReload } from './reload.ts';
import { createReception } from './reception.ts';
import { openSharingOf } from './sharing-start.ts';
import { createSipReports, type SipReports } from './sip-report.ts';
import { mediaFamilies, sipTransportOptions } from './addresses.ts';
import { createSipGateway } from './sip/drachtio.ts';
import type { SipGateway } from './sip/gateway.ts';
import { verifierOf } from './sip/stir/settings.ts';
import { trunkRealms } from './sip/trunk/realms.ts';
import { answeredSources, planTrunks } from './sip/trunk/trunk.ts';
import { trunkLinks } from './sip/trunk/upkeep.ts';
import { startVault, type VaultHandle } from './vault/handle.ts';
import { vaultOptions } from './vault/options.ts';
import { createFeeder } from './witness/feeder.ts';
import { post } from './witness/post.ts';

/** What the operator is told once everything listens. The claim and the PIN are secrets of this start. */
export interface Banner {
  readonly httpUrl: string;
  /** Metrics, API and operator page; null where they are switched off. */
  readonly adminUrl: string | null;
  /** Of the meeting of this start, as PIN and code are; null where connectors share their meetings: those are made by the API. */
  readonly hostUrl: string | null;
  readonly claim: string | null;
  readonly sip: string;
  readonly number: string;
  readonly pin: string | null;
  /** Asked for where there are several meetings. */
  readonly code: string | null;
  readonly sfuUrl: string;
  readonly dataDir: string;
  /** Where the ledger is, as text for people. */
  readonly ledger: string;
}

export interface App {
  readonly banner: Banner;
  /** Closing order: callers told and calls ended, bridges, SIP, pages, SFU, and the ledger last. */
  stop(drainMs: number, why?: StopReason): Promise<void>;
  /** Files that may change while it runs are read again: revocation list, certificates of SIP over TLS, and the configuration. */
  reload(): Promise<void>;
}

export interface AppOptions {
  readonly config: Config;
  readonly log: Log;
  readonly clock: Clock;
  /** The configuration file as it is now. @throws LatchkeyError `config-invalid` */
  readonly readConfig: () => Config;
  /** Something without which nothing may go on is lost: the vault. */
  onFatal(reason: string): void;
}

interface Sip {
  readonly gateway: SipGateway;
  readonly server: Supervised<SipServerInfo> | null;
  /** `sip:host:port` that a softphone calls. */
  readonly address: string;
  readonly reachable: () => boolean;
  readonly reports: SipReports;
}

/** What trunks call the meeting of a start. */
const firstName = 'first';

export async function startApp(options: AppOptions): Promise<App> {
  const { config, log, clock } = options;
  const live = new LiveConfig(config);
  const stops: (() => Promise<void>)[] = [];
  let stopping = false;
  const undo = async (): Promise<void> => {
    stopping = true;
    for (const stop of stops.reverse()) await stop();
  };
  try {
    const dataDir = makeDataDir(config.dataDir);
    const vault = await startVault(
      { ...vaultOptions(config), dataDir, ...ledgerPlace(config) },
      {
        onLost: (reason) => (stopping ? undefined : options.onFatal(reason)),
        onRevoked: () => options.onFatal('the operator has revoked this connector'),
      },
      clock,
    );
    stops.push(() => vault.stop());
    stops.push(startWitnessing(options, vault));
    const platform = await startPlatform(options);
    stops.push(async () => platform.sfu?.stop());
    const rtpTrace = openRtpTrace(config.sip.trace, { clock, log });
    stops.push(async () => rtpTrace?.stop());
    const watch = createCallWatch(clock, log, rtpTrace);
    const sharing = await openSharingOf({
      ...{ config, live, clock, log, apiSecret: platform.apiSecret },
      operator: vault.info.operatorThumbprint,
      meetingsFile: join(dataDir, 'meetings.json'),
    });
    stops.push(() => sharing.stop());
    const book = new MeetingBook({
      onRotated: (name) => watch.live.pinRotated(name),
      ...{ clock, store: sharing.store },
      onFault: (error) => {
        log.error({ reason: error instanceof Error ? error.message : '' }, 'book of meetings');
      },
      onNews: () => meetings.onNews(),
    });
    const meetings = new Meetings({
      ...{ clock, log, vault, platform, book, ownership: sharing.ownership },
      connectorName: config.connector.name,
      rotation: () => live.now.callers.pinRotation,
      bindAddress: config.meeting.bindAddress,
      sharingUp: () => sharing.figures?.().reachable ?? true,
    });
    await book.load();
    const { observe } = watch;
    const outbound = await planOutbound({ config, clock, log });
    const dialling = outbound?.dialling ?? null;
    const switchboard = createReception({
      ...{ config, live, log, clock, book, meetings, vault, observe, dialling, sharing },
    });
    await switchboard.start();
    stops.push(() => switchboard.drain(0));
    meetings.attach(switchboard);
    sharing.start({
      inUse: (meeting) => switchboard.inUse(meeting),
      onRenewed: (meeting, until) => meetings.leaseRenewed(meeting, until),
      onLost: (meeting) => meetings.leaseLost(meeting),
    });
    const first = book.shared ? null : await firstMeeting(meetings);
    book.start();
    stops.push(() => {
      book.stop();
      return Promise.resolve();
    });
    const sip = await startSip(options, { switchboard, meetings, outbound });
    outbound?.use(sip.gateway);
    stops.push(async () => {
      await sip.gateway.stop();
      await sip.server?.stop();
    });
    const dialIn = { number: config.sip.dialInNumber, sip: sip.address };
    const ports = meetings.pages(switchboard, dialIn);
    const http = makeHttpServer(options, ports);
    const { url } = await http.start();
    stops.push(() => http.stop());
    const reload = createReload({
      ...{ live, log, read: () => options.readConfig() },
      reread() {
        vault.reread();
        sip.server?.send({ kind: 'reread' });
      },
      onTaken: (now) => sip.gateway.replan(planTrunks(now)),
      append: async (entry) => {
        await vault.append([entry]);
      },
    });
    const admin = await startAdmin({
      ...{ config, live, reload, dataDir, clock, log, watch, vault, meetings, book, switchboard },
      sharing: sharing.figures,
      holders: sharing.holders,
      gateway: sip.gateway,
      sipReachable: sip.reachable,
      sipReport: () => sip.reports.ask(sip.server, clock),
      readiness: () => ports.readiness(),
    });
    stops.push(async () => admin?.stop());
    const httpUrl = config.http.publicUrl ?? url;
    log.info({ http: url, sip: sip.address }, 'ready');
    return {
      banner: {
        httpUrl,
        adminUrl: admin?.url ?? null,
        hostUrl: first === null ? null : `${httpUrl}/host#${first.claim}`,
        claim: first?.claim ?? null,
        sip: sip.address,
        number: config.sip.dialInNumber,
        pin: first?.pin ?? null,
        code: first?.meeting.code ?? null,
        sfuUrl: platform.url,
        dataDir,
        ledger: ledgerText(config, dataDir),
      },
      reload: () => reload.onSignal(),
      async stop(drainMs, why) {
        stopping = true;
        await switchboard.drain(drainMs, why);
        await undo();
      },
    };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** The meeting of this start: gone with it, so its PIN and its link may stand in a terminal. */
async function firstMeeting(meetings: Meetings): Promise<CreatedMeeting> {
  const created = await meetings.create({ name: firstName, kept: false });
  if (created.ok) return created.value;
  throw new LatchkeyError('meetings-invalid', `the meeting of this start: ${created.reason}`);
}

/** Control carries checkpoints to external witnesses: it has the network, and no key. */
function startWitnessing({ config, log, clock }: AppOptions, vault: VaultHandle): () => Promise<void> {
  const { witnesses } = config.ledger;
  if (witnesses.length === 0) return () => Promise.resolve();
  const feeder = createFeeder({
    witnesses,
    desk: {
      work: (name, old) => vault.witnessWork(name, old),
      cosigned: (name, checkpoint, lines) => vault.cosigned(name, checkpoint, lines),
    },
    clock,
    log,
    post: (url, body) => post(url, body, clock),
  });
  feeder.start();
  return () => {
    feeder.stop();
    return Promise.resolve();
  };
}

function ledgerText(config: Config, dataDir: string): string {
  const { postgres } = ledgerPlace(config);
  return postgres === undefined ? ledgerFile(dataDir) : `log “${postgres.log}” in PostgreSQL`;
}

function makeDataDir(configured: string): string {
  const dataDir = resolvePath(configured);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new LatchkeyError('data-dir', `dataDir: cannot make ${dataDir}`, { cause: error });
  }
  return dataDir;
}

async function startPlatform({ config, log, clock }: AppOptions): Promise<Platform> {
  const { server } = config.meeting;
  if (server !== null) {
    const apiSecret = readSecretFile('meeting.server.apiSecretFile', server.apiSecretFile);
    return { url: server.url, apiKey: server.apiKey, apiSecret, sfu: null };
  }
  const apiKey = 'embedded';
  const apiSecret = randomBytes(32).toString('base64url');
  const { host, port, rtcBindAddress, rtcPort, tap } = config.sfu;
  const sfu = await supervise<SfuInfo>({
    name: 'sfu',
    clock,
    log,
    start: (info, onExit) =>
      startChild<SfuOptions, SfuInfo>({
        name: 'sfu',
        module: new URL('./sfu/main.ts', import.meta.url),
        options: {
          host,
          port: info?.port ?? port,
          rtcBindAddress,
          rtcPort,
          apiKey,
          apiSecret,
          logLevel: config.logLevel,
          ...(tap === null ? {} : { tap }),
        },
        onMessage: () => undefined,
        onExit,
      }),
  });
  return { url: `ws://${host}:${sfu.info.port}`, apiKey, apiSecret, sfu };
}

interface Calling {
  readonly switchboard: Switchboard;
  readonly meetings: Meetings;
  readonly outbound: Outbound | null;
}

async function startSip(options: AppOptions, { switchboard, meetings, outbound }: Calling): Promise<Sip> {
  const { config, log, clock } = options;
  const door = {
    plan: planTrunks(config),
    realms: trunkRealms(config.trunks, readSecretFile),
    hasMeeting: (name: string) => meetings.room(name) !== null,
  };
  const external = config.sip.drachtio;
  const reports = createSipReports();
  const server = external === null ? await startSipServer(options, reports) : null;
  let reachable = false;
  const app =
    external === null
      ? { host: '127.0.0.1', port: server?.info.appPort ?? 0, secret: embeddedSecret }
      : {
          host: external.host,
          port: external.port,
          secret: readSecretFile('sip.drachtio.secretFile', external.secretFile),
        };
  const gateway = createSipGateway({
    ...app,
    log,
    clock,
    sessionTimer: config.sip.sessionTimer,
    verifier: verifierOf(config.sip.stir, clock),
    door,
    announce: announcer(config.media.externalAddress),
    families: mediaFamilies(config.media),
    links: trunkLinks(config.trunks, readSecretFile),
    ...(outbound === null ? {} : { outgoing: outbound.settings }),
    events: {
      onCall: (call) => switchboard.onCall(call),
      onReachable: (now) => {
        reachable = now;
        log.warn({ reachable }, 'SIP server');
      },
    },
  });
  const endpoints = await gateway.start();
  reachable = true;
  const [first = 'udp/127.0.0.1:5060'] = endpoints;
  const [transport, place] = [first.slice(0, first.indexOf('/')), first.slice(first.indexOf('/') + 1)];
  const param = transport === 'tls' ? ';transport=tls' : '';
  const address = `sip:meet@${place}${param}`;
  return { gateway, server, address, reports, reachable: () => reachable };
}

/** Of this process's life: the embedded SIP server's application port accepts nobody else. */
const embeddedSecret = randomBytes(16).toString('hex');

function startSipServer(
  { config, log, clock }: AppOptions,
  reports: SipReports,
): Promise<Supervised<SipServerInfo>> {
  const answered = answeredSources(planTrunks(config));
  return supervise<SipServerInfo>({
    name: 'sip-server',
    clock,
    log,
    start: (info, onExit) =>
      startChild<SipServerOptions, SipServerInfo>({
        name: 'sip-server',
        module: new URL('./sip-server/main.ts', import.meta.url),
        options: {
          listen: info?.endpoints ?? config.sip.listen,
          app: { host: '127.0.0.1', port: info?.appPort ?? 0, secret: embeddedSecret },
          ...(answered === null ? {} : { answeredSources: answered }),
          logLevel: config.logLevel,
          admission: config.sip.admission,
          ...sipTransportOptions(config),
        },
        onMessage: (message) => reports.onMessage(message),
        onExit,
      }),
  });
}

function makeHttpServer({ config, log, clock }: AppOptions, ports: HttpPorts): HttpServer {
  const { host, port, publicUrl, trustedProxies, tls } = config.http;
  const settings = { host, port, publicUrl, trustedProxies, ports, log, clock };
  if (tls === null) return createHttpServer(settings);
  const files = { setting: 'http.tls', ...tls };
  return keepRenewed(createHttpServer({ ...settings, tls: readTlsFiles(files) }), files, { clock, log });
}
