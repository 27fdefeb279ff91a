import type { Clock, Milliseconds, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { healthStart, healthStep, isAlive, type HealthRules } from './health.ts';
import type { TrunkLinkState } from './link-state.ts';
import { createRegistrarClient, type Registrant } from './registrar-client.ts';
import type { SendRequest } from './requests.ts';
import type { TrunkSettings } from './trunk.ts';

/** What the connector does of itself for its trunks: asks whether they are there, and registers with PBXs. */
export interface TrunkLink {
  readonly trunk: string;
  readonly health: HealthRules | null;
  readonly registrants: readonly Registrant[];
}

export interface Upkeep {
  /** Also after `lost`. */
  start(): void;
  /** The SIP server is gone, and with it what was sent. */
  lost(): void;
  /** Takes registrations back, for as long as `limitMs`. */
  stop(limitMs: Milliseconds): Promise<void>;
  readonly states: readonly TrunkLinkState[];
}

export interface UpkeepOptions {
  readonly links: readonly TrunkLink[];
  readonly send: SendRequest;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (bytes: number) => Buffer;
}

/** Long enough for four transmissions over UDP (RFC 3261 §17.1.2.2). */
const answerMs: Milliseconds = 5_000;

export function createUpkeep(options: UpkeepOptions): Upkeep {
  const { links, clock } = options;
  const pings = links.map((link) =>
    link.health === null ? null : createPing(link.trunk, link.health, options),
  );
  const clients = links.map(({ trunk, registrants }) =>
    registrants.map((registrant, account) =>
      createRegistrarClient({ ...options, registrant, about: { trunk, account } }),
    ),
  );
  const all = clients.flat();
  return {
    start() {
      for (const ping of pings) ping?.start();
      for (const client of all) client.start();
    },
    lost() {
      for (const ping of pings) ping?.stop();
      for (const client of all) client.lost();
    },
    async stop(limitMs) {
      for (const ping of pings) ping?.stop();
      let limit: Timer | null = null;
      const late = new Promise<void>((resolve) => {
        limit = clock.after(limitMs, resolve);
      });
      await Promise.race([late, Promise.all(all.map((client) => client.stop()))]);
      (limit as Timer | null)?.cancel();
    },
    get states() {
      return links.map(({ trunk }, index) => ({
        trunk,
        health: pings[index]?.health ?? null,
        registrations: clients[index]?.map(({ status }) => status) ?? [],
      }));
    },
  };
}

function createPing(trunk: string, rules: HealthRules, { send, clock, log }: UpkeepOptions) {
  let state = healthStart;
  let timer: Timer | null = null;
  let running = false;
  let round = 0;
  const onAnswer = (status: number | null): void => {
    const before = state.health;
    state = healthStep(state, isAlive(status), rules);
    if (state.health === before) return;
    if (state.health === 'up') log.info({ trunk }, 'trunk is up');
    else log.warn({ trunk, status }, 'trunk is down');
  };
  const ask = (): void => {
    round += 1;
    const mine = round;
    const settle = (status: number | null): void => {
      if (!running || mine !== round) return;
      round += 1;
      timer?.cancel();
      onAnswer(status);
      timer = clock.after(rules.intervalMs, ask);
    };
    timer = clock.after(answerMs, () => settle(null));
    const headers = { Accept: 'application/sdp' };
    void send({ method: 'OPTIONS', uri: rules.target, to: rules.target, headers }).then((response) =>
      settle(response?.status ?? null),
    );
  };
  return {
    start() {
      if (running) return;
      running = true;
      ask();
    },
    stop() {
      running = false;
      timer?.cancel();
    },
    get health() {
      return state.health;
    },
  };
}

/** @throws what `readSecret` throws for a file that it cannot read */
export function trunkLinks(
  settings: readonly TrunkSettings[],
  readSecret: (setting: string, file: string) => string,
): readonly TrunkLink[] {
  return settings.map(({ name, health, registrations = [] }) => ({
    trunk: name,
    health:
      health === undefined
        ? null
        : {
            target: health.target,
            intervalMs: (health.intervalSeconds ?? 30) * 1_000,
            downAfter: health.downAfter ?? 3,
            upAfter: health.upAfter ?? 2,
          },
    registrants: registrations.map((account, index) => ({
      user: account.user,
      domain: account.domain,
      servers: account.servers,
      expiresSeconds: account.expiresSeconds ?? 600,
      credentials: {
        user: account.authUser ?? account.user,
        password: readSecret(`trunks (${name}).registrations[${index}].passwordFile`, account.passwordFile),
        allowMd5: account.allowMd5 ?? false,
      },
    })),
  }));
}
