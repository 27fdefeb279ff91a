import type { Clock, Milliseconds } from '../base/clock.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import { readNumber, type NumberPlan } from '../sip/trunk/number.ts';
import { emergencyNumbers } from './emergency-numbers.ts';

/** Whom a connector calls where a host asks for it, and how often. */
export interface DialRules {
  /** How numbers without a plus sign are read; null: they are not called. */
  readonly numbers: NumberPlan | null;
  /** Beginnings of E.164 numbers that are called, with their plus sign. */
  readonly allowed: readonly string[];
  /** Beginnings that are not, whatever is allowed; beside the tables of emergency and costly numbers. */
  readonly refused: readonly string[];
  /** Of E.164 with its plus sign: `costsExtra` of premium-numbers.ts. */
  readonly costsExtra: (number: string) => boolean;
  /** Further emergency numbers, as dialled. */
  readonly emergency: readonly string[];
  /** Calls at the same time: of one meeting, of all. */
  readonly maxPerMeeting: number;
  readonly maxCalls: number;
  /** Calls begun within the last hour. */
  readonly maxPerHour: number;
}

export type NumberRefusal = 'emergency' | 'premium' | 'not-allowed' | 'not-a-number';
export type DialRefusal = NumberRefusal | 'meeting-full' | 'connector-full' | 'hour-full';

/** E.164 §6.1 with its country code; shorter ones are services and no subscribers. */
const subscriber = /^\+[1-9][0-9]{6,14}$/;

/** What is called for what a host has written, or why nothing is. Emergency numbers come first: they have a reason of their own. */
export function dialledNumber(text: string, rules: DialRules): Result<string, NumberRefusal> {
  const digits = text.replace('+', '');
  const emergency = new Set([...emergencyNumbers, ...rules.emergency]);
  const read = readNumber(text, rules.numbers);
  if (isEmergency(text, emergency) || (read.kind === 'e164' && isEmergency(read.text, emergency)))
    return refuse('emergency');
  if (digits === '' || read.kind !== 'e164' || !subscriber.test(read.text)) return refuse('not-a-number');
  const number = read.text;
  if (rules.costsExtra(number)) return refuse('premium');
  if (rules.refused.some((prefix) => number.startsWith(prefix))) return refuse('not-allowed');
  return rules.allowed.some((prefix) => number.startsWith(prefix)) ? ok(number) : refuse('not-allowed');
}

/** As it is dialled, or, from three digits on, behind a country code, which has one to three. */
function isEmergency(text: string, emergency: ReadonlySet<string>): boolean {
  const digits = text.replace('+', '');
  if (emergency.has(digits)) return true;
  return (
    text.startsWith('+') &&
    [1, 2, 3].some((code) => digits.length - code >= 3 && emergency.has(digits.slice(code)))
  );
}

/** A call's place among the calls that are allowed at a time. */
export interface DialSeat {
  readonly number: string;
  /** Idempotent. */
  leave(): void;
}

const hourMs: Milliseconds = 3_600_000;

/** The rules, and what they have to remember. */
export class DialDesk {
  readonly #rules: DialRules;
  readonly #clock: Clock;
  readonly #meetings = new Map<string, number>();
  #calls = 0;
  /** When calls were begun, oldest first. */
  #begun: Milliseconds[] = [];

  constructor(rules: DialRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** A refused call counts for nothing. */
  admit(meeting: string, text: string): Result<DialSeat, DialRefusal> {
    const number = dialledNumber(text, this.#rules);
    if (!number.ok) return number;
    const { maxPerMeeting, maxCalls, maxPerHour } = this.#rules;
    const now = this.#clock.monoMs();
    this.#begun = this.#begun.filter((at) => now - at < hourMs);
    if ((this.#meetings.get(meeting) ?? 0) >= maxPerMeeting) return refuse('meeting-full');
    if (this.#calls >= maxCalls) return refuse('connector-full');
    if (this.#begun.length >= maxPerHour) return refuse('hour-full');
    this.#begun.push(now);
    this.#count(meeting, 1);
    let seated = true;
    return ok({
      number: number.value,
      leave: () => {
        if (seated) this.#count(meeting, -1);
        seated = false;
      },
    });
  }

  #count(meeting: string, by: 1 | -1): void {
    this.#calls += by;
    const calls = (this.#meetings.get(meeting) ?? 0) + by;
    if (calls > 0) this.#meetings.set(meeting, calls);
    else this.#meetings.delete(meeting);
  }
}
