import { ok, refuse, type Result } from '../../base/result.ts';
import { limits } from '../limits.ts';
import { splitList } from './grammar.ts';
import { headerValues, type Header } from './header.ts';
import type { Fault, SipRequest, SipResponse } from './message.ts';
import { parseAddressList, parseNameAddress, tagOf, type NameAddress } from './name-address.ts';
import { parseSipUri, type SipUri } from './uri.ts';
import { parseVia, type Via } from './via.ts';

/**
 * The fields that every message must have (RFC 3261 §8.1.1), parsed. Nothing without them reaches a transaction, a
 * dialog or the app: drachtio-srf throws on messages whose From, To, Call-ID, CSeq, Via or Contact do not parse.
 */
export interface CoreFields {
  readonly via: Via;
  readonly from: NameAddress;
  readonly to: NameAddress;
  readonly fromTag: string | null;
  readonly toTag: string | null;
  readonly callId: string;
  readonly cseq: { readonly seq: number; readonly method: string };
}

export interface RequestFields extends CoreFields {
  readonly uri: SipUri;
  /** First Contact; null where there is none or where it is `*` (REGISTER only). */
  readonly contact: NameAddress | null;
  readonly recordRoutes: readonly NameAddress[];
  readonly maxForwards: number | null;
}

/** `via` is null where it does not parse: an answer can then only go where the request came from. */
export interface RequestRefusal {
  readonly ok: false;
  readonly fault: Fault;
  readonly via: Via | null;
}

const bad = (what: string): Fault => ({ status: 400, reason: `Bad ${what} Header` });
/** word [ "@" word ] (§25.1), printable ASCII without blanks. `|` separates fields of the app protocol. */
const callIdPattern = /^[\x21-\x7b\x7d\x7e]{1,255}$/;
const cseqPattern = /^([0-9]{1,10})[ \t]+([A-Za-z0-9\-.!%*_+`'~]{1,64})$/;
const tagPattern = /^[A-Za-z0-9\-.!%*_+`'~]{1,255}$/;

type Read = { readonly ok: true; readonly value: RequestFields } | RequestRefusal;

export function readRequest(request: SipRequest, parseFault: Fault | null): Read {
  const via = topVia(request.headers);
  const refused = (fault: Fault): RequestRefusal => ({ ok: false, fault, via });
  if (via === null) return refused(parseFault ?? bad('Via'));
  const core = coreFields(request.headers, via);
  if (!core.ok) return refused(parseFault ?? bad(core.reason));
  const fields = core.value;
  if (parseFault !== null) return refused(parseFault);
  if (fields.cseq.method !== request.method) return refused(bad('CSeq'));
  if (fields.fromTag === null) return refused({ status: 400, reason: 'Missing From Tag' });
  const uri = parseSipUri(request.uri);
  if (!uri.ok) return refused(uriFault(uri.reason));
  // RFC 3261 §19.1.1 and RFC 4475 §3.1.2.11: headers have no place in a Request-URI.
  if (uri.value.headers !== '') return refused({ status: 400, reason: 'Bad Request-URI' });
  // RFC 3261 §7.3.1 and RFC 4475 §3.3.9: single-value fields that appear twice.
  const twice = singleValued.find((id) => headerValues(request.headers, id).length > 1);
  if (twice !== undefined) return refused({ status: 400, reason: 'Repeated Header' });
  return readOptional(request, { ...fields, uri: uri.value });
}

const singleValued = [
  'max-forwards',
  'content-type',
  'content-encoding',
  'expires',
  'rack',
  'rseq',
  'refer-to',
];

function readOptional(request: SipRequest, fields: CoreFields & { uri: SipUri }): Read {
  const refused = (fault: Fault): RequestRefusal => ({ ok: false, fault, via: fields.via });
  const contact = readContact(request);
  if (!contact.ok) return refused(bad('Contact'));
  const recordRoutes = readAddresses(request.headers, 'record-route');
  const routes = readAddresses(request.headers, 'route');
  if (recordRoutes === null || routes === null) return refused(bad('Route'));
  const maxForwards = readMaxForwards(request.headers);
  if (maxForwards === 'malformed') return refused(bad('Max-Forwards'));
  return { ok: true, value: { ...fields, contact: contact.value, recordRoutes, maxForwards } };
}

function uriFault(reason: 'uri-scheme' | 'uri-syntax' | 'uri-too-long'): Fault {
  if (reason === 'uri-scheme') return { status: 416, reason: 'Unsupported URI Scheme' };
  if (reason === 'uri-too-long') return { status: 414, reason: 'Request-URI Too Long' };
  return { status: 400, reason: 'Bad Request-URI' };
}

function readContact(request: SipRequest): Result<NameAddress | null> {
  const values = headerValues(request.headers, 'contact');
  if (values.length === 0) return ok(null);
  if (values.length === 1 && values[0] === '*')
    return request.method === 'REGISTER' ? ok(null) : refuse('contact');
  const contacts = values.map(parseAddressList);
  const refused = contacts.find((c) => !c.ok);
  if (refused) return refuse('contact');
  const first = contacts.flatMap((c) => (c.ok ? c.value : []));
  // §8.1.1.8: exactly one where a dialog is made or refreshed.
  if (first.length > 1 && dialogForming.has(request.method)) return refuse('contact');
  const contact = first[0] ?? null;
  if (contact !== null && dialogForming.has(request.method) && !parseSipUri(contact.uri).ok)
    return refuse('contact');
  return ok(contact);
}

const dialogForming = new Set(['INVITE', 'SUBSCRIBE', 'UPDATE', 'REFER', 'NOTIFY']);

export function readAddresses(headers: readonly Header[], id: string): NameAddress[] | null {
  const all: NameAddress[] = [];
  for (const value of headerValues(headers, id)) {
    const list = parseAddressList(value);
    if (!list.ok || list.value.some((a) => !parseSipUri(a.uri).ok)) return null;
    all.push(...list.value);
  }
  return all;
}

function readMaxForwards(headers: readonly Header[]): number | null | 'malformed' {
  const value = headerValues(headers, 'max-forwards')[0];
  if (value === undefined) return null;
  return /^[0-9]{1,10}$/.test(value) && Number(value) <= 255 ? Number(value) : 'malformed';
}

/** By its topmost Via it finds our transaction; the others are those of the request that we passed on (§16.7). */
export function readResponse(
  response: SipResponse,
): Result<CoreFields & { readonly contact: NameAddress | null }> {
  const via = topVia(response.headers);
  if (via === null) return refuse('via');
  const core = coreFields(response.headers, via);
  if (!core.ok) return core;
  const values = headerValues(response.headers, 'contact');
  const contacts = values[0] === undefined ? null : parseAddressList(values[0]);
  if (contacts !== null && !contacts.ok) return refuse('contact');
  const contact = contacts?.value[0] ?? null;
  return ok({ ...core.value, contact });
}

function coreFields(headers: readonly Header[], via: Via): Result<CoreFields> {
  const from = singleAddress(headers, 'from');
  if (from === null) return refuse('From');
  const to = singleAddress(headers, 'to');
  if (to === null) return refuse('To');
  const callIds = headerValues(headers, 'call-id');
  const callId = callIds[0];
  if (callIds.length !== 1 || callId === undefined || !callIdPattern.test(callId)) return refuse('Call-ID');
  const cseqs = headerValues(headers, 'cseq');
  const cseq = cseqPattern.exec(cseqs[0] ?? '');
  // §8.1.1.5: less than 2**31.
  if (cseqs.length !== 1 || cseq === null || Number(cseq[1]) >= 2 ** 31) return refuse('CSeq');
  const fromTag = tagOf(from);
  const toTag = tagOf(to);
  if (fromTag !== null && !tagPattern.test(fromTag)) return refuse('From');
  if (toTag !== null && !tagPattern.test(toTag)) return refuse('To');
  return ok({ via, from, to, fromTag, toTag, callId, cseq: { seq: Number(cseq[1]), method: cseq[2] ?? '' } });
}

function singleAddress(headers: readonly Header[], id: string): NameAddress | null {
  const values = headerValues(headers, id);
  if (values.length !== 1 || values[0] === undefined) return null;
  const address = parseNameAddress(values[0]);
  return address.ok ? address.value : null;
}

/** The topmost Via; null where any of them does not parse, or there are too many: the app reads all of them. */
function topVia(headers: readonly Header[]): Via | null {
  let top: Via | null = null;
  let count = 0;
  for (const { id, value } of headers) {
    if (id !== 'via') continue;
    const list = splitList(value);
    count += list.ok ? list.value.length : 0;
    if (!list.ok || count > limits.viaCount) return null;
    for (const element of list.value) {
      const via = parseVia(element);
      if (!via.ok) return null;
      top ??= via.value;
    }
  }
  return top;
}
