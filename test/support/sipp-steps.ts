export const callerNumber = '493012345';

/** A sipp scenario of one caller, step by step, where the requests of one dialog are all that matters. */
export interface SippRequest {
  readonly method: 'INVITE' | 'ACK' | 'UPDATE' | 'BYE';
  readonly cseq: number;
  /** The ACK of a refusal is of the INVITE's transaction: it repeats its Via (RFC 3261 §17.1.1.3). */
  readonly ofRefusal?: boolean;
  /** Before the dialog is there. */
  readonly first?: boolean;
  readonly headers?: readonly string[];
  readonly sdp?: readonly string[];
}

export function sippScenario(...steps: readonly string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="dialog">\n${steps.join('\n')}\n</scenario>\n`;
}

export function send({ method, cseq, ofRefusal, first, headers = [], sdp }: SippRequest): string {
  const start = first === true ? 'sip:meet@[remote_ip]:[remote_port]' : '[next_url]';
  const lines = [
    `${method} ${start} SIP/2.0`,
    ofRefusal === true ? '[last_Via:]' : 'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
    'Max-Forwards: 70',
    `From: <sip:+${callerNumber}@[local_ip]:[local_port]>;tag=[call_number]`,
    `To: <sip:meet@[remote_ip]:[remote_port]>${first === true && ofRefusal !== true ? '' : '[peer_tag_param]'}`,
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:caller@[local_ip]:[local_port]>',
    ...headers,
    ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
    'Content-Length: [len]',
    '',
    ...(sdp ?? []),
  ];
  const retransmitted = method === 'ACK' ? '' : ' retrans="500"';
  return `<send${retransmitted}><![CDATA[\n${lines.join('\n')}\n]]></send>`;
}

/** `has`: patterns that the whole message must match (POSIX extended). */
export function receive(
  what: number | 'UPDATE' | 'INVITE' | 'ACK' | 'CANCEL' | 'BYE',
  ...has: readonly string[]
): string {
  const kind = typeof what === 'number' ? `response="${what}" rrs="true"` : `request="${what}"`;
  const checks = has.map(
    (pattern, at) =>
      `<ereg regexp="${pattern.replaceAll('"', '&quot;')}" search_in="msg" check_it="true" assign_to="m${at}"/>`,
  );
  const names = has.map((_, at) => `m${at}`).join(',');
  const used = has.length === 0 ? '' : `\n<Reference variables="${names}"/>`;
  return `<recv ${kind}><action>${checks.join('')}</action></recv>${used}`;
}

export const trying = '<recv response="100" optional="true"/>';

/** The caller's answer to the request that came last. */
export function respond(
  how: {
    readonly status?: string;
    readonly headers?: readonly string[];
    readonly sdp?: readonly string[];
  } = {},
): string {
  const { status = '200 OK', headers = [], sdp } = how;
  const lines = [
    ...[`SIP/2.0 ${status}`, '[last_Via:]', '[last_From:]', '[last_To:]', '[last_Call-ID:]', '[last_CSeq:]'],
    ...['Contact: <sip:caller@[local_ip]:[local_port]>', ...headers],
    ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
    ...['Content-Length: [len]', '', ...(sdp ?? [''])],
  ];
  return `<send><![CDATA[\n${lines.join('\n')}\n]]></send>`;
}

export function sippSdp(version: number, ...media: readonly string[]): readonly string[] {
  return ['v=0', `o=- 1 ${version} IN IP4 [local_ip]`, 's=-', 'c=IN IP4 [local_ip]', 't=0 0', ...media];
}
