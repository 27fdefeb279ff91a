import { receive, sippScenario } from './sipp-steps.ts';

/** Steps of a sipp scenario that is called: it waits for one INVITE, whose Via and CSeq it keeps for answers that come after a CANCEL or an ACK. */
export interface CalleeAnswer {
  /** Of the To header: two of them are two branches of a fork. */
  readonly tag?: string;
  readonly headers?: readonly string[];
  readonly sdp?: readonly string[];
}

export const calleeScenario = sippScenario;

/** `has`: patterns that the INVITE must match; `keep`: the name of a header whose value goes into sipp's log. */
export function invited({
  has = [],
  keep,
}: { readonly has?: readonly string[]; readonly keep?: string } = {}): string {
  const checks = has.map(
    (pattern, at) =>
      `<ereg regexp="${pattern.replaceAll('"', '&quot;')}" search_in="msg" check_it="true" assign_to="i${at}"/>`,
  );
  const kept =
    keep === undefined
      ? ''
      : `<ereg regexp=".*" search_in="hdr" header="${keep}:" check_it="true" assign_to="kept"/><log message="[$kept]"/>`;
  const caller = '<ereg regexp="&lt;.*" search_in="hdr" header="From:" check_it="true" assign_to="caller"/>';
  const sequence =
    '<ereg regexp="[0-9]+ INVITE" search_in="hdr" header="CSeq:" check_it="true" assign_to="sequence"/>';
  const via = '<ereg regexp="SIP.*" search_in="hdr" header="Via:" check_it="true" assign_to="via"/>';
  const called =
    '<ereg regexp="&lt;[^&gt;]*&gt;" search_in="hdr" header="To:" check_it="true" assign_to="called"/>';
  const contact =
    '<ereg regexp="sips?:[^ >]+" search_in="hdr" header="Contact:" check_it="true" assign_to="contact"/>';
  const names = [
    ...['sequence', 'caller', 'called', 'via', 'contact'],
    ...has.map((_, at) => `i${at}`),
    ...(keep === undefined ? [] : ['kept']),
  ];
  return `<recv request="INVITE"><action>${sequence}${caller}${called}${via}${contact}${checks.join('')}${kept}</action></recv>\n<Reference variables="${names.join(',')}"/>`;
}

/** A response to the INVITE, whatever came last. */
export function answerInvite(
  status: string,
  { tag = 'callee', headers = [], sdp }: CalleeAnswer = {},
): string {
  return written(status, { tag, headers, sdp, sequence: '[$sequence]' });
}

/** 200 to what came last. */
export function answerLast(): string {
  return written('200 OK', { headers: [], sequence: null });
}

function written(
  status: string,
  {
    tag,
    headers,
    sdp,
    sequence,
  }: {
    tag?: string;
    headers: readonly string[];
    sdp?: readonly string[] | undefined;
    sequence: string | null;
  },
): string {
  const lines = [
    ...[`SIP/2.0 ${status}`, sequence === null ? '[last_Via:]' : 'Via: [$via]', '[last_From:]'],
    // The To of a request in the dialog has its tag already.
    tag === undefined ? '[last_To:]' : `To: [$called];tag=${tag}-[call_number]-[pid]`,
    ...['[last_Call-ID:]', sequence === null ? '[last_CSeq:]' : `CSeq: ${sequence}`],
    ...['Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>', ...headers],
    ...(sdp === undefined ? [] : ['Content-Type: application/sdp']),
    ...['Content-Length: [len]', '', ...(sdp ?? [''])],
  ];
  return `<send><![CDATA[\n${lines.join('\n')}\n]]></send>`;
}

/** The call is ended by whoever called: BYE and its 200, of which sipp's log says `ended`. */
export const endedByCaller = (...has: readonly string[]): readonly string[] => [
  receive('BYE', ...has).replace('</action>', '<log message="ended"/></action>'),
  answerLast(),
];

/** A request of the callee within the call, and what has to come back. An ACK stands alone. */
export function calleeRequest(
  method: 'INVITE' | 'ACK' | 'INFO' | 'BYE',
  cseq: number,
  more: {
    readonly sdp?: readonly string[];
    readonly type?: string;
    readonly body?: readonly string[];
    readonly has?: readonly string[];
  } = {},
): readonly string[] {
  const { sdp, type = 'application/sdp', body = sdp, has = [] } = more;
  const lines = [
    `${method} [$contact] SIP/2.0`,
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
    'Max-Forwards: 70',
    'From: [$called];tag=callee-[call_number]-[pid]',
    'To: [$caller]',
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    'Contact: <sip:callee@[local_ip]:[local_port];transport=[transport]>',
    ...(body === undefined ? [] : [`Content-Type: ${type}`]),
    ...['Content-Length: [len]', '', ...(body ?? [''])],
  ];
  const sent = `<send${method === 'ACK' ? '' : ' retrans="500"'}><![CDATA[\n${lines.join('\n')}\n]]></send>`;
  if (method === 'ACK') return [sent];
  return [
    sent,
    ...(method === 'INVITE' ? ['<recv response="100" optional="true"/>'] : []),
    receive(200, ...has),
  ];
}
