/** Digits by SIP INFO: `application/dtmf-relay` ("Signal=5") and `application/dtmf` ("5"). */
export function infoDigit(contentType: string, body: string): string | null {
  const type = contentType.split(';')[0]?.trim().toLowerCase();
  if (body.length > 256) return null;
  if (type === 'application/dtmf') return /^\s*([0-9*#A-D])\s*$/i.exec(body)?.[1]?.toUpperCase() ?? null;
  if (type !== 'application/dtmf-relay') return null;
  const signal = /^\s*Signal\s*=\s*([0-9*#A-D]{1,2})\s*$/im.exec(body)?.[1];
  // Some senders write the RFC 4733 event numbers for star and hash.
  if (signal === '10') return '*';
  if (signal === '11') return '#';
  return signal?.length === 1 ? signal.toUpperCase() : null;
}
