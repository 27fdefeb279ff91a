import type { Clock } from '../../base/clock.ts';
import type { CoreFields } from '../message/inbound.ts';
import { writeMessage, type SipRequest, type SipResponse } from '../message/message.ts';
import { branchOf, hasMagicBranch } from '../message/via.ts';
import type { Flow } from '../transport/flow.ts';
import { createMachine, type Machine } from './machine.ts';
import { serverInviteStart, serverInviteStep } from './server-invite.ts';
import { serverRequestStart, serverRequestStep } from './server-request.ts';
import type { Effect, ServerEvent, TimerName } from './step.ts';
import type { Timing } from './timing.ts';

/** RFC 3261 §17.2: the transactions of requests that came from the network. */
export interface ServerTransactions {
  /** True where a transaction that is already there took it: a retransmission, or the ACK of a failure. */
  absorb(request: SipRequest, fields: CoreFields): boolean;
  serve(inbound: Inbound, user: ServerUser): ServerTransaction;
  /** The INVITE transaction that a CANCEL names (§9.2). */
  inviteOf(cancel: SipRequest, fields: CoreFields): ServerTransaction | null;
  count(): number;
  /** Those that one source address made. */
  countFrom(address: string): number;
  stop(): void;
}

export interface Inbound {
  readonly request: SipRequest;
  readonly fields: CoreFields;
  readonly flow: Flow;
}

export interface ServerUser {
  /** A provisional response could not be sent; after a final one there is nobody to tell. */
  onFailed(why: 'timeout' | 'transport'): void;
}

export interface ServerTransaction {
  readonly key: string;
  readonly flow: Flow;
  /** `bytes` saves writing the message twice where the caller has it already. */
  respond(response: SipResponse, bytes?: Buffer): void;
  state(): string;
}

export interface ServerOptions {
  readonly clock: Clock;
  readonly timing: Timing;
  /** Where a response goes once the connection is gone that the request came on: its source, and the Via's port (RFC 3261 §18.2.2). */
  readonly returnFlow: (flow: Flow, port: number | null) => Flow | null;
}

interface Entry {
  readonly transaction: ServerTransaction;
  readonly machine: Machine<ServerEvent>;
}

export function createServerTransactions(options: ServerOptions): ServerTransactions {
  const { clock, timing } = options;
  const entries = new Map<string, Entry>();
  /** By source address; none is there with zero. */
  const sources = new Map<string, number>();
  const note = (address: string, change: number): void => {
    const count = (sources.get(address) ?? 0) + change;
    if (count > 0) sources.set(address, count);
    else sources.delete(address);
  };

  const serve = ({ request, fields, flow }: Inbound, user: ServerUser): ServerTransaction => {
    const key = ownText(serverKey(request, fields));
    // What the closures below hold lives for 32 s after the call: not the request, whose text its pieces keep alive.
    const { port } = fields.via;
    /** Bytes for the first time; afterwards text, because a small buffer keeps the pool alive that it was cut from. */
    let last: Buffer | string | null = null;
    /** Let go with the final response: for the 32 s that follow, only its bytes are kept. */
    let told: ServerUser | null = user;
    const transportFailed = (): void => void machine.fire({ kind: 'transport-failed' });
    const act = (effect: Effect): void => {
      if (effect.kind === 'send' && last !== null) {
        const way = flow.isOpen() ? flow : options.returnFlow(flow, port);
        if (way === null) clock.after(0, transportFailed);
        else way.send(typeof last === 'string' ? Buffer.from(last, 'latin1') : last, transportFailed);
      } else if (effect.kind === 'failed') told?.onFailed(effect.why);
      else if (effect.kind === 'end' && entries.delete(key)) note(flow.remote.address, -1);
    };
    const common = { context: { timing, reliable: flow.reliable }, clock, act };
    const timerEvent = (timer: TimerName): ServerEvent => ({ kind: 'timer', timer });
    const machine: Machine<ServerEvent> =
      request.method === 'INVITE'
        ? createMachine({ ...common, timerEvent, start: serverInviteStart, step: serverInviteStep })
        : createMachine({ ...common, timerEvent, start: serverRequestStart, step: serverRequestStep });
    const transaction: ServerTransaction = {
      key,
      flow,
      respond(response, bytes) {
        last = bytes ?? writeMessage(response);
        machine.fire({ kind: 'respond', status: response.status });
        if (response.status < 200) return;
        told = null;
        last = last.toString('latin1');
      },
      state: machine.state,
    };
    entries.set(key, { transaction, machine });
    note(flow.remote.address, 1);
    return transaction;
  };

  return {
    serve,
    absorb(request, fields) {
      const entry = entries.get(serverKey(request, fields));
      if (entry === undefined) return false;
      return !entry.machine.fire({ kind: request.method === 'ACK' ? 'ack' : 'request' });
    },
    inviteOf(cancel, fields) {
      return entries.get(serverKey({ ...cancel, method: 'INVITE' }, fields))?.transaction ?? null;
    },
    count: () => entries.size,
    countFrom: (address) => sources.get(address) ?? 0,
    stop() {
      for (const { machine } of entries.values()) machine.stop();
      entries.clear();
      sources.clear();
    },
  };
}

/** A copy that shares nothing with the message that its pieces were cut from. */
function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}

/** RFC 3261 §17.2.3; without the magic cookie, by what RFC 2543 identified a request with. */
function serverKey(request: SipRequest, fields: CoreFields): string {
  const method = request.method === 'ACK' ? 'INVITE' : request.method;
  const { via } = fields;
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? 5060}`;
  if (hasMagicBranch(via)) return `${branchOf(via) ?? ''} ${sentBy} ${method}`;
  return [
    '2543',
    request.uri,
    fields.fromTag,
    fields.callId,
    fields.cseq.seq,
    sentBy,
    branchOf(via),
    method,
  ].join(' ');
}
