/** SIP messages written by hand for tests: lines joined by CRLF, Content-Length counted unless it is given. */
export interface TextOptions {
  readonly method?: string;
  readonly uri?: string;
  readonly transport?: string;
  readonly host?: string;
  readonly port?: number;
  readonly branch?: string;
  readonly callId?: string;
  readonly cseq?: string;
  readonly from?: string;
  readonly to?: string;
  /** `null`: none. */
  readonly contact?: string | null;
  readonly headers?: readonly string[];
  readonly body?: string;
  readonly contentLength?: string;
  readonly version?: string;
}

export function sipRequest(options: TextOptions = {}): string {
  const { method = 'INVITE', host = '127.0.0.1', port = 5060, body = '' } = options;
  const contact = options.contact === undefined ? `<sip:alice@${host}:${port}>` : options.contact;
  return [
    `${method} ${options.uri ?? 'sip:meet@127.0.0.1'} SIP/${options.version ?? '2.0'}`,
    `Via: SIP/2.0/${options.transport ?? 'UDP'} ${host}:${port};branch=${options.branch ?? 'z9hG4bKtest'};rport`,
    'Max-Forwards: 70',
    `From: ${options.from ?? '"Alice" <sip:alice@example.com>;tag=from1'}`,
    `To: ${options.to ?? '<sip:meet@127.0.0.1>'}`,
    `Call-ID: ${options.callId ?? 'call-1@test'}`,
    `CSeq: ${options.cseq ?? `1 ${method}`}`,
    ...(contact === null ? [] : [`Contact: ${contact}`]),
    ...(options.headers ?? []),
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${options.contentLength ?? Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

export function sdpOffer(lines: readonly string[] = [], port = 4_000): string {
  const media =
    lines.length > 0
      ? lines
      : [
          `m=audio ${port} RTP/AVP 0 8 101`,
          'a=rtpmap:0 PCMU/8000',
          'a=rtpmap:8 PCMA/8000',
          'a=rtpmap:101 telephone-event/8000',
        ];
  return ['v=0', 'o=alice 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...media, ''].join(
    '\r\n',
  );
}
