import { chooseCaller, type Caller, type StatedCallers } from './caller.ts';
import { matchesNumber, readNumber, type PartyNumber } from './number.ts';
import type { CalledRule, Destination, Trunk, TrunkPlan } from './trunk.ts';

/**
 * Which trunk a call belongs to and what becomes of it, as one pure function: the gateway and `latchkey explain` both
 * ask here. The checks are made in this order, and the first that fails decides:
 *
 *   source -> transport -> digest -> called number -> media -> meeting -> capacity
 */
export interface CallFacts {
  /** Of the packet, never of a header. */
  readonly source: { readonly address: string; readonly transport: string };
  readonly callers: StatedCallers;
  /** User part of the Request-URI. */
  readonly called: string;
  readonly media: OfferedMedia;
  /** The user that an Authorization header claims to be. */
  readonly claimedUser: string | null;
}

/** Which audio the offer has; neither: the offer is left to us. */
export interface OfferedMedia {
  readonly rtp: boolean;
  readonly srtp: boolean;
}

/** What a decision depends on beside the call and the configuration. */
export interface CallState {
  callsOn(trunk: string): number;
  hasMeeting(name: string): boolean;
  /** Checks the Authorization header against the trunk's users. Called at most once a decision. */
  verify(trunk: Trunk): Verification;
}

export type Verification =
  /** No header, or none for our realm. */
  | 'absent'
  | 'right'
  /** User or password: which of the two is not told. */
  | 'wrong'
  /** The nonce is too old, not ours, or used before (RFC 7616 §3.3, `stale`). */
  | 'stale'
  /** An algorithm that this trunk does not allow. */
  | 'algorithm';

export type CheckName =
  | 'certificate'
  | 'source'
  | 'transport'
  | 'digest'
  | 'called number'
  | 'caller'
  | 'media'
  | 'meeting'
  | 'capacity';

/** One line of the explanation. It may hold numbers: it is shown to whoever asked, and never logged. */
export interface Check {
  readonly name: CheckName;
  readonly passed: boolean;
  readonly text: string;
}

/** A stable name of what decided. */
export type RefusalCause =
  | 'unknown-source'
  | 'transport'
  | 'credentials-missing'
  | 'credentials-stale'
  | 'credentials-wrong'
  | 'number-unknown'
  | 'number-refused'
  | 'media-policy'
  | 'meeting-unknown'
  | 'trunk-full';

export interface Admission {
  readonly kind: 'accept';
  readonly trunk: Trunk;
  /** The rule of `called` that matched. */
  readonly rule: CalledRule;
  readonly caller: Caller;
  readonly called: PartyNumber;
  readonly destination: Exclude<Destination, { kind: 'refuse' }>;
}

export type Refusal =
  | { readonly kind: 'drop'; readonly cause: 'unknown-source' }
  | {
      readonly kind: 'challenge';
      readonly cause: RefusalCause;
      readonly trunk: Trunk;
      readonly stale: boolean;
    }
  | {
      readonly kind: 'reject';
      readonly cause: RefusalCause;
      readonly status: number;
      readonly reason: string;
      readonly trunk: Trunk | null;
      readonly rule: CalledRule | null;
    };

export type Verdict = (Admission | Refusal) & { readonly checks: readonly Check[] };

export function decide(plan: TrunkPlan, facts: CallFacts, state: CallState): Verdict {
  const checks: Check[] = [];
  const note = (name: CheckName, passed: boolean, text: string): void =>
    void checks.push({ name, passed, text });
  return { ...judge({ plan, facts, state, note }), checks };
}

interface Judging {
  readonly plan: TrunkPlan;
  readonly facts: CallFacts;
  readonly state: CallState;
  readonly note: (name: CheckName, passed: boolean, text: string) => void;
}

function judge(judging: Judging): Admission | Refusal {
  const found = findTrunk(judging);
  if ('kind' in found) return found;
  const { facts, note } = judging;
  const { trunk } = found;
  const unproven = proof(judging, trunk);
  if (unproven !== null) return unproven;

  const called = readNumber(facts.called, trunk.numbers);
  const rule = trunk.called.find(({ number }) => matchesNumber(number, called));
  const shown = called.text === '' ? 'no user part' : called.text;
  if (rule === undefined) {
    note('called number', false, `${shown} matches no rule of trunk “${trunk.name}”`);
    return { ...rejected('number-unknown', 404, 'Not Found', trunk), rule: null };
  }
  const { to } = rule;
  note(
    'called number',
    to.kind !== 'refuse',
    `${shown} matches rule “${rule.number}”: ${destinationText(to)}`,
  );
  if (to.kind === 'refuse') return { ...rejected('number-refused', 403, 'Forbidden', trunk), rule };
  const caller = chooseCaller(facts.callers, trunk.callerId, trunk.numbers);
  note('caller', true, callerText(caller));
  const refusal = unfit(judging, trunk, to);
  if (refusal !== null) return { ...refusal, rule };
  return { kind: 'accept', trunk, rule, caller, called, destination: to };
}

function rejected(cause: RefusalCause, status: number, reason: string, trunk: Trunk | null) {
  return { kind: 'reject', cause, status, reason, trunk } as const;
}

/** By source and transport; among several, the first that needs no digest or knows the claimed user. */
function findTrunk({ plan, facts, note }: Judging): { readonly trunk: Trunk } | Refusal {
  const { address, transport } = facts.source;
  const near = plan.trunks.filter((trunk) => inSources(trunk, address));
  if (near.length === 0) {
    note('source', false, `${address} is in the sources of no trunk`);
    if (plan.unknownSource === 'drop') return { kind: 'drop', cause: 'unknown-source' };
    return { ...rejected('unknown-source', 403, 'Forbidden', null), rule: null };
  }
  const open = near.filter(({ transports }) => transports?.some((each) => each === transport) ?? true);
  const claims = ({ digest }: Trunk): boolean =>
    digest === null || (facts.claimedUser !== null && digest.users.has(facts.claimedUser));
  const trunk = open.find(claims) ?? open[0] ?? near[0];
  if (trunk === undefined) return { ...rejected('unknown-source', 403, 'Forbidden', null), rule: null };
  const range = trunk.sources?.find((each) => each.contains(address));
  note('source', true, `${address} is in ${range?.text ?? 'any source'} of trunk “${trunk.name}”`);
  const allowed = trunk.transports?.join(', ') ?? 'any';
  note('transport', open.length > 0, `${transport}; the trunk allows ${allowed}`);
  return open.length > 0 ? { trunk } : { ...rejected('transport', 403, 'Forbidden', trunk), rule: null };
}

/** Whether packets of this address belong to the trunk. */
export function inSources({ sources }: Trunk, address: string): boolean {
  return sources === null || sources.some((range) => range.contains(address));
}

/** Null where the caller has proved to be a user of the trunk, or need not. */
function proof({ state, note }: Judging, trunk: Trunk): Refusal | null {
  if (trunk.digest === null) return null;
  const verification = state.verify(trunk);
  note('digest', verification === 'right', `trunk “${trunk.name}” asks for credentials: ${verification}`);
  switch (verification) {
    case 'right':
      return null;
    case 'absent':
    case 'algorithm':
      return { kind: 'challenge', cause: 'credentials-missing', trunk, stale: false };
    case 'stale':
      return { kind: 'challenge', cause: 'credentials-stale', trunk, stale: true };
    case 'wrong':
      return { ...rejected('credentials-wrong', 403, 'Forbidden', trunk), rule: null };
  }
}

function unfit(
  { facts, state, note }: Judging,
  trunk: Trunk,
  to: Destination,
): ReturnType<typeof rejected> | null {
  const { rtp, srtp } = facts.media;
  const fits = { off: rtp || !srtp, allow: true, require: srtp || !rtp }[trunk.srtp];
  const offered = [...(srtp ? ['srtp'] : []), ...(rtp ? ['rtp'] : [])].join(' and ') || 'no offer';
  note('media', fits, `${offered}; srtp is “${trunk.srtp}” on this trunk`);
  if (!fits) return rejected('media-policy', 488, 'Not Acceptable Here', trunk);
  if (to.kind === 'meeting' || to.kind === 'pin') {
    const known = state.hasMeeting(to.name);
    note('meeting', known, known ? `“${to.name}” is there` : `there is no meeting “${to.name}”`);
    if (!known) return rejected('meeting-unknown', 404, 'Not Found', trunk);
  }
  if (trunk.maxCalls === null) return null;
  const calls = state.callsOn(trunk.name);
  note('capacity', calls < trunk.maxCalls, `${calls} calls of at most ${trunk.maxCalls}`);
  if (calls < trunk.maxCalls) return null;
  const reason = trunk.whenFull === 486 ? 'Busy Here' : 'Service Unavailable';
  return rejected('trunk-full', trunk.whenFull, reason, trunk);
}

export function destinationText(to: Destination): string {
  switch (to.kind) {
    case 'ivr':
      return 'to the lobby, which asks for a PIN';
    case 'pin':
      return `to the lobby, which asks for a PIN of meeting “${to.name}”`;
    case 'meeting':
      return `to meeting “${to.name}”, without a PIN`;
    case 'echo':
      return 'to the echo test';
    case 'refuse':
      return 'refused';
  }
}

function callerText({ number, source }: Caller): string {
  const header = { pai: 'P-Asserted-Identity', rpid: 'Remote-Party-ID', from: 'From' };
  return source === null ? 'withheld' : `${number.text} (${number.kind}) by ${header[source]}`;
}
