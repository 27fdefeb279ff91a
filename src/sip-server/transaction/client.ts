import type { Clock } from '../../base/clock.ts';
import type { CoreFields } from '../message/inbound.ts';
import { headerValue } from '../message/header.ts';
import { writeMessage, type SipRequest, type SipResponse } from '../message/message.ts';
import { parseNameAddress, tagOf, type NameAddress } from '../message/name-address.ts';
import { ackOf } from '../message/reply.ts';
import { branchOf } from '../message/via.ts';
import type { Flow } from '../transport/flow.ts';
import { clientInviteStart, clientInviteStep } from './client-invite.ts';
import { clientRequestStart, clientRequestStep } from './client-request.ts';
import { createMachine, type Machine } from './machine.ts';
import type { ClientEvent, Effect, TimerName } from './step.ts';
import type { Timing } from './timing.ts';

/** RFC 3261 §17.1: the transactions of requests that we send. */
export interface ClientTransactions {
  call(outbound: Outbound, user: ClientUser): ClientTransaction;
  /** False where no transaction waits for it. */
  respond(response: SipResponse, fields: ResponseFields): boolean;
  count(): number;
  stop(): void;
}

export type ResponseFields = CoreFields & { readonly contact: NameAddress | null };

export interface Outbound {
  readonly request: SipRequest;
  readonly branch: string;
  readonly flow: Flow;
}

export interface ClientUser {
  onResponse(response: SipResponse, fields: ResponseFields): void;
  onFailed(why: 'timeout' | 'transport'): void;
}

export interface ClientTransaction {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Of an INVITE: its CANCEL has been sent, so that it is not waited for any longer than 64*T1. */
  cancelled(): void;
  /** The request has gone elsewhere: no more retransmissions. */
  abandoned(): void;
  state(): string;
}

interface Entry {
  readonly request: SipRequest;
  readonly machine: Machine<ClientEvent>;
  readonly user: ClientUser;
  /** The first failure response: every ACK names its To tag. */
  failure: SipResponse | null;
}

export function createClientTransactions(clock: Clock, timing: Timing): ClientTransactions {
  const entries = new Map<string, Entry>();

  const call = ({ request, branch, flow }: Outbound, user: ClientUser): ClientTransaction => {
    const key = clientKey(branch, request.method);
    const bytes = writeMessage(request);
    const act = (effect: Effect): void => {
      if (effect.kind === 'send') flow.send(bytes, () => void machine.fire({ kind: 'transport-failed' }));
      else if (effect.kind === 'send-ack') {
        if (entry.failure) flow.send(writeMessage(ackOf(request, entry.failure)), () => undefined);
      } else if (effect.kind === 'failed') user.onFailed(effect.why);
      else if (effect.kind === 'end') entries.delete(key);
    };
    const context = { timing, reliable: flow.reliable };
    const common = {
      context,
      clock,
      act,
      timerEvent: (timer: TimerName): ClientEvent => ({ kind: 'timer', timer }),
    };
    const machine: Machine<ClientEvent> =
      request.method === 'INVITE'
        ? createMachine({ ...common, start: clientInviteStart(context), step: clientInviteStep })
        : createMachine({ ...common, start: clientRequestStart(context), step: clientRequestStep });
    const entry: Entry = { request, machine, user, failure: null };
    entries.set(key, entry);
    machine.fire({ kind: 'start' });
    return {
      ...{ request, flow, state: machine.state },
      cancelled: () => void machine.fire({ kind: 'cancelled' }),
      abandoned: () => void machine.fire({ kind: 'abandoned' }),
    };
  };

  return {
    call,
    respond(response, fields) {
      const branch = branchOf(fields.via);
      const entry = branch === null ? undefined : entries.get(clientKey(branch, fields.cseq.method));
      if (entry === undefined || !answers(fields, entry.request)) return false;
      if (response.status >= 300) entry.failure ??= response;
      if (entry.machine.fire({ kind: 'response', status: response.status }))
        entry.user.onResponse(response, fields);
      return true;
    },
    count: () => entries.size,
    stop() {
      for (const { machine } of entries.values()) machine.stop();
      entries.clear();
    },
  };
}

/**
 * RFC 3261 §8.2.6.2: a response has Call-ID, CSeq and From of its request. Where it names others it is not believed: a
 * dialog would be kept under a name that the peer chose.
 */
function answers({ callId, cseq, fromTag }: ResponseFields, { headers }: SipRequest): boolean {
  if (headerValue(headers, 'call-id') !== callId) return false;
  if (Number.parseInt(headerValue(headers, 'cseq') ?? '', 10) !== cseq.seq) return false;
  const from = parseNameAddress(headerValue(headers, 'from') ?? '');
  return from.ok && tagOf(from.value) === fromTag;
}

/** RFC 3261 §17.1.3. A branch is ours alone, so it needs no sent-by. */
function clientKey(branch: string, method: string): string {
  return `${branch} ${method}`;
}
