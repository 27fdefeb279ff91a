import type { CallDestination } from './destination.ts';
import { parseAddressRange, type AddressRange } from '../../base/address-range.ts';
import type { LegCodec } from '../../media/leg-state.ts';
import type { DigestAlgorithm } from '../digest/hash.ts';
import type { SrtpPolicy } from '../media-terms.ts';
import type { NumberPlan } from './number.ts';

/** What an operator writes of a trunk: a carrier, a PBX, a range of phones. `config/trunk-schema.ts` has the meanings. */
export interface TrunkSettings {
  readonly name: string;
  readonly sources: readonly string[];
  readonly transports?: readonly SignalTransport[];
  readonly digest?: {
    readonly users: readonly { readonly name: string; readonly passwordFile: string }[];
    readonly realm?: string;
    readonly algorithms?: readonly DigestAlgorithm[];
    readonly allowMd5?: boolean;
  };
  readonly codecs?: readonly LegCodec[];
  readonly srtp?: SrtpPolicy;
  readonly numbers?: NumberSettings;
  readonly trusted?: boolean;
  readonly callerId?: readonly CallerIdSource[];
  readonly called?: readonly {
    readonly number: string;
    readonly to: string;
    readonly language?: string;
  }[];
  readonly language?: string;
  readonly maxCalls?: number;
  readonly whenFull?: 486 | 503;
  readonly health?: {
    readonly target: string;
    readonly intervalSeconds?: number;
    readonly downAfter?: number;
    readonly upAfter?: number;
  };
  readonly registrations?: readonly RegistrationSettings[];
}

export interface RegistrationSettings {
  readonly user: string;
  readonly domain: string;
  readonly servers: readonly string[];
  readonly authUser?: string;
  readonly passwordFile: string;
  readonly allowMd5?: boolean;
  readonly expiresSeconds?: number;
}

export interface NumberSettings {
  readonly countryCode: string;
  readonly nationalPrefix?: string;
  readonly internationalPrefix?: string;
  readonly bare?: NumberPlan['bare'];
}

export type SignalTransport = 'udp' | 'tcp' | 'tls';
export type CallerIdSource = 'pai' | 'rpid' | 'from';

export type Destination = CallDestination | { readonly kind: 'refuse' };

export interface CalledRule {
  /** A number or name, or its beginning and `*`. */
  readonly number: string;
  readonly to: Destination;
  /** In which its callers are spoken to; null: the trunk's. */
  readonly language: string | null;
}

/** A trunk with its defaults filled in. It holds no secret. */
export interface Trunk {
  readonly name: string;
  /** Null: any source, which then has to prove itself by digest. */
  readonly sources: readonly AddressRange[] | null;
  /** Null: any. */
  readonly transports: readonly SignalTransport[] | null;
  readonly digest: { readonly realm: string; readonly users: ReadonlySet<string> } | null;
  /** In order of preference; null: all that the media side has. */
  readonly codecs: readonly LegCodec[] | null;
  readonly srtp: SrtpPolicy;
  /** Null: numbers are taken as they come; those with a plus sign are E.164. */
  readonly numbers: NumberPlan | null;
  readonly callerId: readonly CallerIdSource[];
  readonly called: readonly CalledRule[];
  /** In which its callers are spoken to; null: the default, or by choice. */
  readonly language: string | null;
  /** Null: no cap of its own. */
  readonly maxCalls: number | null;
  readonly whenFull: 486 | 503;
}

/** Everything by which calls are admitted. */
export interface TrunkPlan {
  readonly trunks: readonly Trunk[];
  readonly unknownSource: 'forbid' | 'drop';
}

export const defaultRealm = 'latchkey';

/** The part of the configuration that admission depends on; a whole configuration is one. */
export interface PlanSettings {
  readonly trunks: readonly TrunkSettings[];
  readonly sip: {
    readonly unknownSource: TrunkPlan['unknownSource'];
    /** A real drachtio-server, which has answered 100 before anybody here can be silent. */
    readonly drachtio: object | null;
  };
}

/**
 * `trunks` as the configuration has checked them. Where none is configured, calls from this machine alone are taken:
 * whoever opens the listen address to others has to say whose calls are wanted.
 */
export function planTrunks({ trunks, sip }: PlanSettings): TrunkPlan {
  const given = trunks.length > 0 ? trunks : [thisMachine];
  return {
    trunks: given.map(trunkOf),
    unknownSource: sip.drachtio === null ? sip.unknownSource : 'forbid',
  };
}

/**
 * Where requests may come from at all, for the SIP server to be silent to everybody else; null: everybody is answered,
 * be it by a refusal or a challenge.
 */
export function answeredSources({ trunks, unknownSource }: TrunkPlan): readonly string[] | null {
  if (unknownSource === 'forbid' || trunks.some(({ sources }) => sources === null)) return null;
  return trunks.flatMap(({ sources }) => (sources ?? []).map(({ text }) => text));
}

const thisMachine: TrunkSettings = { name: 'this-machine', sources: ['127.0.0.0/8', '::1'] };

function trunkOf(settings: TrunkSettings): Trunk {
  const { digest, numbers } = settings;
  const called: NonNullable<TrunkSettings['called']> = settings.called ?? [{ number: '*', to: 'ivr' }];
  return {
    name: settings.name,
    sources: settings.sources.length === 0 ? null : settings.sources.map(rangeOf),
    transports: settings.transports ?? null,
    digest:
      digest === undefined
        ? null
        : { realm: digest.realm ?? defaultRealm, users: new Set(digest.users.map(({ name }) => name)) },
    codecs: settings.codecs ?? null,
    srtp: settings.srtp ?? 'allow',
    numbers:
      numbers === undefined
        ? null
        : {
            countryCode: numbers.countryCode,
            nationalPrefix: numbers.nationalPrefix ?? '0',
            internationalPrefix: numbers.internationalPrefix ?? '00',
            bare: numbers.bare ?? 'extension',
          },
    callerId: settings.callerId ?? ['from'],
    called: called.map(({ number, to, language }) => ({
      ...{ number, to: destinationOf(to) },
      language: language ?? null,
    })),
    language: settings.language ?? null,
    maxCalls: settings.maxCalls ?? null,
    whenFull: settings.whenFull ?? 503,
  };
}

function rangeOf(text: string): AddressRange {
  const range = parseAddressRange(text);
  // The configuration is checked before it gets here; what is no range contains nothing.
  return range.ok ? range.value : { text, contains: () => false };
}

function destinationOf(to: string): Destination {
  const [kind, name] = to.split(':');
  switch (kind) {
    case 'ivr':
    case 'echo':
      return { kind };
    case 'pin':
    case 'meeting':
      return name === undefined ? { kind: 'refuse' } : { kind, name };
    default:
      return { kind: 'refuse' };
  }
}
