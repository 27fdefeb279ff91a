import type { Timer } from '../../base/clock.ts';
import type { App } from '../app/link.ts';
import type { ProxySettings } from '../app/command.ts';
import { header, headerValue, headerValues, without, type Header } from '../message/header.ts';
import { writeMessage, type SipRequest, type SipResponse } from '../message/message.ts';
import { cancelOf, replyTo } from '../message/reply.ts';
import { parseAddressList } from '../message/name-address.ts';
import { parseSipUri } from '../message/uri.ts';
import type { ClientTransaction } from '../transaction/client.ts';
import type { ServerTransaction } from '../transaction/server.ts';
import type { Flow } from '../transport/flow.ts';
import { newTag } from '../identifiers.ts';
import { tryOn, type Try } from './attempt.ts';
import { forgetPending, type Core } from './core.ts';
import { withOwnVia } from './dialog.ts';
import { decorate, prepareForward, withoutTopVia } from './forward.ts';
import { tellProxied, tellProxyDone, tellRefused } from './tell.ts';
import { securedLike, wayTo } from './way.ts';

/** RFC 3261 §16: a request that is passed on, to one target or several. */

/** RFC 3261 §16.6 step 11: longer than three minutes. */
const timerC = 185_000;
const maxTargets = 16;

export interface ProxyWish {
  readonly app: App;
  readonly msgId: string;
  readonly transactionId: string;
  readonly settings: ProxySettings;
  readonly headers: readonly Header[];
}

/** The app hands a request that it was shown over to the server. */
export function proxyForApp(core: Core, wish: ProxyWish): void {
  const pending = core.pendings.get(wish.transactionId);
  if (pending?.app !== wish.app) {
    tellRefused(wish.app, wish.msgId, 'Request not proxied due to unknown transaction');
    return;
  }
  const { settings } = wish;
  const stay = settings.remainInDialog ? pending.fields.callId : null;
  forgetPending(core, pending);
  startProxying(core, {
    request: pending.request,
    callId: pending.fields.callId,
    transaction: pending.transaction,
    targets: settings.destinations,
    simultaneous: settings.simultaneous,
    followRedirects: settings.followRedirects,
    provisionalMs: milliseconds(settings.provisionalTimeout),
    finalMs: milliseconds(settings.finalTimeout),
    decoration: { stay, add: without(wish.headers, notAdded) },
    onFinal: (response, way) => {
      if (settings.fullResponse)
        tellProxied(core.clock, wish.app, wish.msgId, { response: writeMessage(response), way });
    },
    onDone: () => tellProxyDone(wish.app, wish.msgId),
  });
}

/** drachtio-srf's proxy command carries a request line and, at most, headers that the app wants added. */
const notAdded = new Set([
  ...[
    'via',
    'from',
    'to',
    'call-id',
    'cseq',
    'content-length',
    'max-forwards',
    'route',
    'record-route',
    'contact',
  ],
]);

/** `2s`, `1500ms`, or nothing. */
function milliseconds(text: string): number | null {
  const found = /^([0-9]{1,6})(ms|s)?$/.exec(text);
  if (found === null) return null;
  return Number(found[1]) * (found[2] === 'ms' ? 1 : 1_000);
}

export interface ProxyJob {
  readonly request: SipRequest;
  readonly callId: string;
  readonly transaction: ServerTransaction;
  readonly targets: readonly string[];
  readonly simultaneous: boolean;
  readonly followRedirects: boolean;
  readonly provisionalMs: number | null;
  readonly finalMs: number | null;
  readonly decoration: { readonly stay: string | null; readonly add: readonly Header[] };
  readonly onFinal: (response: SipResponse, way: Flow) => void;
  readonly onDone: () => void;
}

interface Branch {
  readonly target: string;
  sent: { readonly request: SipRequest; readonly branch: string; readonly way: Flow } | null;
  transaction: ClientTransaction | null;
  provisional: boolean;
  cancelWanted: boolean;
  cancelled: boolean;
  final: SipResponse | null;
  readonly timers: Set<Timer>;
}

export function startProxying(core: Core, job: ProxyJob): void {
  const waiting = job.targets.slice(0, maxTargets);
  const branches: Branch[] = [];
  const invite = job.request.method === 'INVITE';
  let answered = false;
  let cancelled = false;
  let done = false;

  const finish = (): void => {
    if (done) return;
    done = true;
    core.proxies.delete(job.transaction.key);
    for (const branch of branches) for (const timer of branch.timers) timer.cancel();
    job.onDone();
  };
  const cancelBranch = (branch: Branch): void => {
    if (!invite || branch.final !== null || branch.cancelled || branch.sent === null) return;
    if (!branch.provisional) {
      branch.cancelWanted = true;
      return;
    }
    branch.cancelled = true;
    const { request, branch: id, way } = branch.sent;
    branch.transaction?.cancelled();
    const ignore = { onResponse: () => undefined, onFailed: () => undefined };
    core.clients.call({ request: cancelOf(request, []), branch: id, flow: way }, ignore);
  };
  const cancelOthers = (but?: Branch): void => {
    waiting.length = 0;
    for (const branch of branches) if (branch !== but) cancelBranch(branch);
  };
  const timed = (branch: Branch, ms: number | null, act: () => void): void => {
    if (ms !== null) branch.timers.add(core.clock.after(ms, act));
  };
  const give = (branch: Branch, response: SipResponse): void => {
    branch.final = response;
    for (const timer of branch.timers) timer.cancel();
    if (branch.sent !== null) job.onFinal(response, branch.sent.way);
    if (response.status >= 600) cancelOthers(branch);
    if (response.status >= 300 && response.status < 400 && job.followRedirects && !cancelled) {
      waiting.unshift(...redirects(response, branches.length + waiting.length));
    }
    next();
  };
  /** Serially one more; or the best of all where none is left (§16.7 step 6). */
  const next = (): void => {
    if (answered || done) return;
    const target = waiting[0];
    if (target !== undefined && !cancelled && (job.simultaneous || branches.every((b) => b.final !== null))) {
      waiting.shift();
      launch(target);
      if (job.simultaneous) next();
      return;
    }
    if (waiting.length === 0 && branches.every((b) => b.final !== null)) {
      job.transaction.respond(bestOf(branches, job.request));
      finish();
    }
  };
  const onResponse = (branch: Branch, response: SipResponse): void => {
    const upstream = withoutTopVia(response);
    if (upstream === null) return;
    if (response.status < 200) {
      branch.provisional = true;
      if (branch.cancelWanted) cancelBranch(branch);
      // §16.7 step 5: a 100 stays between neighbours.
      if (response.status > 100 && !answered) job.transaction.respond(upstream);
    } else if (response.status < 300) {
      // §16.7 step 5: every 2xx goes upstream at once, repeated ones too.
      job.transaction.respond(upstream);
      if (answered) return;
      answered = true;
      branch.final = upstream;
      if (branch.sent !== null) job.onFinal(upstream, branch.sent.way);
      cancelOthers(branch);
      finish();
    } else if (branch.final === null) give(branch, upstream);
  };
  const launch = (target: string): void => {
    const branch: Branch = {
      ...{ target, sent: null, transaction: null, final: null },
      ...{ provisional: false, cancelWanted: false, cancelled: false },
      timers: new Set(),
    };
    branches.push(branch);
    const failed = (status: number, reason: string): void =>
      give(branch, localReply(job.request, status, reason));
    const forward = prepareForward(core, job.request, job.callId, target);
    if (forward === null) {
      failed(400, 'Bad Request-URI');
      return;
    }
    /** What was too long for UDP, and is not taken over TCP, goes over UDP after all (§18.1.1). */
    const send = ({ way, flow, ...sendable }: Try, overUdp: () => Try): void => {
      branch.sent = { ...sendable, way: flow };
      branch.transaction = core.clients.call(
        { ...sendable, flow },
        {
          onResponse: (response) => onResponse(branch, response),
          onFailed: (why) => {
            if (branch.final !== null) return;
            if (why === 'transport' && flow !== way.flow && !branch.cancelWanted) send(overUdp(), overUdp);
            else if (why === 'timeout') failed(408, 'Request Timeout');
            else failed(503, 'Service Unavailable');
          },
        },
      );
    };
    wayTo(core, securedLike(forward.next, forward.request.uri), (found) => {
      if (typeof found === 'string') {
        failed(503, 'Service Unavailable');
        return;
      }
      timed(branch, invite ? timerC : null, () => giveUp(branch));
      timed(branch, job.provisionalMs, () => {
        if (!branch.provisional) giveUp(branch);
      });
      timed(branch, job.finalMs, () => giveUp(branch));
      const requestFor = (flow: Flow): SipRequest => decorate(forward.request, flow, job.decoration);
      send(tryOn(core, found, requestFor), () => ({
        ...{ way: found, flow: found.flow },
        ...withOwnVia(requestFor(found.flow), found.flow),
      }));
    });
  };
  /** A target that takes too long counts as failed; should it answer 2xx all the same, that still goes upstream. */
  const giveUp = (branch: Branch): void => {
    if (branch.final !== null) return;
    cancelBranch(branch);
    give(branch, localReply(job.request, 408, 'Request Timeout'));
  };

  core.proxies.set(job.transaction.key, {
    cancel() {
      cancelled = true;
      cancelOthers();
      // Nothing sent yet, so nothing will come back.
      next();
    },
  });
  // RFC 3261 §16.3 step 3.
  if (headerValue(job.request.headers, 'max-forwards') === '0') {
    job.transaction.respond(localReply(job.request, 483, 'Too Many Hops'));
    finish();
  } else next();
}

function redirects(response: SipResponse, soFar: number): string[] {
  return headerValues(response.headers, 'contact')
    .flatMap((value) => {
      const list = parseAddressList(value);
      return list.ok ? list.value.map((address) => address.uri) : [];
    })
    .filter((uri) => parseSipUri(uri).ok)
    .slice(0, Math.max(0, maxTargets - soFar));
}

function localReply(request: SipRequest, status: number, reason: string): SipResponse {
  return replyTo(request, { status, reason, toTag: newTag() });
}

/** RFC 3261 §16.7 step 6: a 6xx, else the lowest class; within 4xx those that a caller can act on first. */
function bestOf(branches: readonly Branch[], request: SipRequest): SipResponse {
  const finals = branches.flatMap((b) => (b.final === null ? [] : [b.final]));
  const best = finals.toSorted((a, b) => rank(a.status) - rank(b.status))[0];
  if (best === undefined) return localReply(request, 487, 'Request Terminated');
  // A 503 says that this server is overloaded, which only our own may say of us.
  if (best.status === 503) return { ...best, status: 500, reason: 'Server Internal Error' };
  if (best.status !== 401 && best.status !== 407) return best;
  return { ...best, headers: [...best.headers, ...challengesOf(finals.filter((f) => f !== best))] };
}

function rank(status: number): number {
  if (status >= 600) return 0;
  return actionable.has(status) ? Math.floor(status / 100) * 100 - 1 : Math.floor(status / 100) * 100;
}

const actionable = new Set([401, 407, 415, 420, 484, 487]);

/** §16.7 step 7: the caller may answer the challenges of every branch at once. */
function challengesOf(others: readonly SipResponse[]): Header[] {
  return others.flatMap((response) =>
    response.headers
      .filter((field) => field.id === 'www-authenticate' || field.id === 'proxy-authenticate')
      .map((field) => header(field.name, field.value)),
  );
}
