import type { Milliseconds } from '../../base/clock.ts';

/**
 * Keeping one account registered (RFC 3261 §10.2), as a pure table (state, event) -> (state, effects):
 *
 *   idle --start--> asking --2xx--> registered --refresh due--> asking
 *                   |  ^ |
 *                   |  | +--401, 407: with credentials; 423: for longer; silence, 5xx: the next server
 *                   v  |
 *                  waiting (all servers failed, or refused)
 *
 * `stop` takes a binding that stands back.
 */
export interface RegistrationRules {
  /** SIP URIs, the preferred first. */
  readonly servers: readonly string[];
  readonly expiresSeconds: number;
}

export type RegistrationFailure =
  /** No server answered, or all have trouble of their own. */
  | 'unreachable'
  /** 403 and the like: a matter of the account. */
  | 'refused'
  /** The password is wrong, or there is no algorithm that both sides allow. */
  | 'credentials'
  /** The shortest interval that the registrar takes is longer than a day. */
  | 'interval';

export type RegistrationState =
  | { readonly kind: 'idle' }
  | Asking
  /** `asked`: seconds that the registrar took; the next time it is asked for as many. */
  | { readonly kind: 'registered'; readonly server: number; readonly asked: number }
  | {
      readonly kind: 'waiting';
      readonly server: number;
      readonly rounds: number;
      readonly failure: RegistrationFailure;
    }
  | { readonly kind: 'stopped' };

interface Asking {
  readonly kind: 'asking';
  readonly server: number;
  readonly expires: number;
  /** Servers asked in this round, and rounds without success before. */
  readonly asked: number;
  readonly rounds: number;
  /** Requests with credentials since the server was asked first. */
  readonly proved: number;
  /** Where a binding of ours still stands. */
  readonly bound: number | null;
}

export type RegistrationEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'timer' }
  /** `granted`: seconds, of a 2xx. `minExpires`: of a 423. */
  | { readonly kind: 'success'; readonly granted: number }
  /** `answerable`: its challenge can be answered. `stale`: the last answer was right but for the age of its nonce. */
  | { readonly kind: 'challenged'; readonly answerable: boolean; readonly stale: boolean }
  | { readonly kind: 'too-brief'; readonly minExpires: number | null }
  | { readonly kind: 'failed'; readonly status: number | null }
  /** The SIP server that carries our requests is gone: what was sent is forgotten. */
  | { readonly kind: 'carrier-lost' }
  | { readonly kind: 'stop' };

export type RegistrationEffect =
  | { readonly kind: 'send'; readonly server: string; readonly expires: number; readonly prove: boolean }
  /** One timer; a new one replaces it, null clears it. */
  | { readonly kind: 'timer'; readonly ms: Milliseconds | null }
  | { readonly kind: 'told'; readonly registered: boolean; readonly failure: RegistrationFailure | null };

export interface RegistrationStep {
  readonly state: RegistrationState;
  readonly effects: readonly RegistrationEffect[];
}

export const registrationStart: RegistrationState = { kind: 'idle' };

const longestSeconds = 86_400;
/** RFC 5626 §4.5: base and maximum of the time between two rounds. */
const baseWaitMs: Milliseconds = 30_000;
const longestWaitMs: Milliseconds = 1_800_000;
/** A wrong password does not become right by asking: a lock-out at the registrar would be the answer. */
const refusedWaitMs: Milliseconds = 600_000;

const stay = (state: RegistrationState, ...effects: readonly RegistrationEffect[]): RegistrationStep => ({
  state,
  effects,
});

/** `chance`: random, from 0 to below 1. Events that mean nothing in a state change nothing. */
export function registrationStep(
  state: RegistrationState,
  event: RegistrationEvent,
  rules: RegistrationRules,
  chance: number,
): RegistrationStep {
  if (state.kind === 'stopped') return stay(state);
  if (event.kind === 'stop') return stop(state, rules);
  if (event.kind === 'carrier-lost') {
    const told = { kind: 'told', registered: false, failure: 'unreachable' } as const;
    return stay({ kind: 'idle' }, { kind: 'timer', ms: null }, ...(state.kind === 'idle' ? [] : [told]));
  }
  switch (state.kind) {
    case 'idle':
      return event.kind === 'start' ? ask({ server: 0, rounds: 0, bound: null }, rules) : stay(state);
    case 'registered':
      return event.kind === 'timer'
        ? ask({ server: state.server, rounds: 0, bound: state.server, asked: state.asked }, rules)
        : stay(state);
    case 'waiting':
      return event.kind === 'timer' ? ask({ ...state, bound: null }, rules) : stay(state);
    case 'asking':
      return whileAsking(state, event, rules, chance);
  }
}

function stop(state: RegistrationState, { servers }: RegistrationRules): RegistrationStep {
  const clear = { kind: 'timer', ms: null } as const;
  const standing = state.kind === 'registered' ? state.server : state.kind === 'asking' ? state.bound : null;
  const server = standing === null ? undefined : servers[standing];
  if (server === undefined) return stay({ kind: 'stopped' }, clear);
  return stay({ kind: 'stopped' }, clear, { kind: 'send', server, expires: 0, prove: false });
}

interface Beginning {
  readonly server: number;
  readonly rounds: number;
  readonly bound: number | null;
  readonly asked?: number;
}

function ask({ server, rounds, bound, asked }: Beginning, rules: RegistrationRules): RegistrationStep {
  const expires = asked ?? rules.expiresSeconds;
  return send({ kind: 'asking', server, expires, asked: 1, rounds, proved: 0, bound }, rules.servers, false);
}

function send(state: Asking, servers: readonly string[], prove: boolean): RegistrationStep {
  const { server, expires } = state;
  return stay(
    state,
    { kind: 'timer', ms: null },
    { kind: 'send', server: servers[server] ?? '', expires, prove },
  );
}

function whileAsking(
  state: Asking,
  event: RegistrationEvent,
  rules: RegistrationRules,
  chance: number,
): RegistrationStep {
  const { servers } = rules;
  switch (event.kind) {
    case 'success': {
      const registered = { kind: 'registered', server: state.server, asked: state.expires } as const;
      return stay(
        registered,
        { kind: 'timer', ms: refreshMs(event.granted, chance) },
        { kind: 'told', registered: true, failure: null },
      );
    }
    case 'challenged':
      // A second challenge says that the answer was wrong, unless its nonce had grown old; and that only once.
      if (!event.answerable || state.proved >= (event.stale ? 2 : 1))
        return wait(state, 'credentials', chance);
      return send({ ...state, proved: state.proved + 1 }, servers, true);
    case 'too-brief': {
      const { minExpires } = event;
      if (minExpires === null || minExpires <= state.expires || minExpires > longestSeconds)
        return wait(state, 'interval', chance);
      return send({ ...state, expires: minExpires, proved: 0 }, servers, false);
    }
    case 'failed':
      return event.status !== null && event.status >= 400 && event.status < 500 && event.status !== 408
        ? wait(state, 'refused', chance)
        : failOver(state, rules, chance);
    default:
      return stay(state);
  }
}

function failOver(
  state: Asking,
  { servers, expiresSeconds }: RegistrationRules,
  chance: number,
): RegistrationStep {
  const server = (state.server + 1) % servers.length;
  if (state.asked >= servers.length) return wait({ ...state, server: 0 }, 'unreachable', chance);
  return send(
    { ...state, server, expires: expiresSeconds, asked: state.asked + 1, proved: 0 },
    servers,
    false,
  );
}

function wait({ server, rounds }: Asking, failure: RegistrationFailure, chance: number): RegistrationStep {
  const grown = Math.min(longestWaitMs, baseWaitMs * 2 ** Math.min(rounds, 16));
  const ms = failure === 'unreachable' ? grown : Math.max(refusedWaitMs, grown);
  return stay(
    { kind: 'waiting', server, rounds: rounds + 1, failure },
    { kind: 'timer', ms: Math.round(ms * (0.5 + chance / 2)) },
    { kind: 'told', registered: false, failure },
  );
}

/** Well before the end, and not all accounts at once. */
function refreshMs(granted: number, chance: number): Milliseconds {
  const latest = granted > 120 ? granted - 60 : granted / 2;
  return Math.max(1_000, Math.round(latest * (0.9 + chance / 10) * 1_000));
}

/**
 * Seconds that a 2xx grants to `contact` (RFC 3261 §10.2.4): of the binding that is ours, else of the Expires header, else what
 * was asked for. A registrar may list bindings of others.
 */
export function grantedSeconds(
  contacts: string | null,
  contact: string | null,
  expires: string | null,
  asked: number,
): number {
  const own = /<([^>]*)>/.exec(contact ?? '')?.[1]?.toLowerCase();
  const bindings = [...(contacts ?? '').matchAll(/<([^>]*)>([^,<]*)/g)];
  const ours = bindings.find(([, uri]) => own !== undefined && uri?.toLowerCase() === own) ?? null;
  const only = ours ?? (bindings.length === 1 ? bindings[0] : null);
  const stated =
    /;\s*expires\s*=\s*"?([0-9]{1,9})/i.exec(only?.[2] ?? '')?.[1] ??
    /^\s*([0-9]{1,9})/.exec(expires ?? '')?.[1];
  const seconds = stated === undefined ? asked : Number(stated);
  return Math.min(Math.max(seconds, 1), longestSeconds);
}
