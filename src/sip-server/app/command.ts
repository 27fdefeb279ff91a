import { ok, refuse, type Result } from '../../base/result.ts';
import { parseMessage, type SipMessage } from '../message/message.ts';

/**
 * What an app asks for
 *
 *   msgId "|" type *( "|" field ) [ CRLF sip-message ]
 */
export type Command =
  | { readonly kind: 'authenticate'; readonly secret: string; readonly tags: readonly string[] }
  | { readonly kind: 'route'; readonly verb: string }
  | { readonly kind: 'remove-route'; readonly verb: string }
  | { readonly kind: 'ping' }
  | {
      readonly kind: 'sip';
      readonly transactionId: string;
      readonly dialogId: string;
      /** Next hop instead of the Request-URI; empty where there is none. */
      readonly routeUrl: string;
      readonly message: SipMessage;
    }
  | ({
      readonly kind: 'proxy';
      readonly transactionId: string;
      readonly message: SipMessage;
    } & ProxySettings);

export interface ProxySettings {
  readonly remainInDialog: boolean;
  readonly fullResponse: boolean;
  readonly followRedirects: boolean;
  readonly simultaneous: boolean;
  /** As written: `2s`, `1500ms`, or empty. */
  readonly provisionalTimeout: string;
  readonly finalTimeout: string;
  readonly destinations: readonly string[];
}

export interface Addressed {
  readonly msgId: string;
  readonly command: Result<Command>;
}

const msgIdPattern = /^[A-Za-z0-9-]{1,128}$/;

/** Null where not even the message id is usable, so that nothing can be answered. */
export function parseCommand(payload: Buffer): Addressed | null {
  const lineEnd = payload.indexOf('\r\n');
  const meta = payload.toString('latin1', 0, lineEnd < 0 ? payload.length : lineEnd);
  const [msgId = '', type = '', ...fields] = meta.split('|');
  if (!msgIdPattern.test(msgId)) return null;
  const sip = lineEnd < 0 ? null : payload.subarray(lineEnd + 2);
  return { msgId, command: read(type, fields, sip) };
}

function read(type: string, fields: readonly string[], sip: Buffer | null): Result<Command> {
  switch (type) {
    case 'authenticate':
      return ok({
        kind: 'authenticate',
        secret: fields[0] ?? '',
        tags: (fields[1] ?? '').split(',').filter(Boolean),
      });
    case 'route':
    case 'remove_route': {
      const verb = (fields[0] ?? '').toLowerCase();
      if (!/^[a-z:]{1,32}$/.test(verb)) return refuse('invalid verb');
      return ok({ kind: type === 'route' ? 'route' : 'remove-route', verb });
    }
    case 'ping':
      return ok({ kind: 'ping' });
    case 'sip':
    case 'proxy': {
      const message = readMessage(sip);
      if (message === null) return refuse('invalid sip message');
      return type === 'sip' ? ok(readSip(fields, message)) : readProxy(fields, message);
    }
    default:
      return refuse('unknown command');
  }
}

function readSip(fields: readonly string[], message: SipMessage): Command {
  const [transactionId = '', dialogId = '', routeUrl = ''] = fields;
  return { kind: 'sip', transactionId, dialogId, routeUrl, message };
}

function readProxy(fields: readonly string[], message: SipMessage): Result<Command> {
  const [transactionId = '', remain = '', full = '', follow = '', mode = '', provisional = '', final = ''] =
    fields;
  const destinations = fields.slice(7).filter((d) => d !== '');
  if (destinations.length === 0) return refuse('proxy: no destination');
  return ok({
    ...{ kind: 'proxy', transactionId, message, destinations },
    remainInDialog: remain === 'remainInDialog',
    fullResponse: full === 'fullResponse',
    followRedirects: follow === 'followRedirects',
    simultaneous: mode === 'simultaneous',
    provisionalTimeout: provisional,
    finalTimeout: final,
  });
}

/** drachtio-srf's Content-Length counts characters, so the body is what the frame holds. */
function readMessage(sip: Buffer | null): SipMessage | null {
  if (sip === null) return null;
  const parsed = parseMessage(sip, 'frame');
  return parsed.ok && parsed.value.fault === null ? parsed.value.message : null;
}
