import { createHash, randomBytes } from 'node:crypto';
import { udpPeer } from '../support/sip-peer.ts';
import { sdpOffer, sipRequest } from '../support/sip-text.ts';
import type { Canary } from './search.ts';

/** What the second phone says that no log may hold. */
export interface PhoneSecrets {
  readonly user: string;
  readonly password: string;
  readonly number: string;
  readonly displayName: string;
  readonly asserted: string;
  readonly digits: string;
  readonly srtpKey: Buffer;
  readonly cnonce: string;
}

export const phoneSecrets = (user: string): PhoneSecrets => ({
  user,
  password: `canary/pw+${randomBytes(9).toString('base64url')}`,
  number: '4930' + String(20_000_000 + randomBytes(3).readUIntBE(0, 3)),
  displayName: `Canary ${randomBytes(6).toString('hex')}`,
  asserted: '4989' + String(20_000_000 + randomBytes(3).readUIntBE(0, 3)),
  digits: String(200_000 + (randomBytes(3).readUIntBE(0, 3) % 700_000)),
  srtpKey: randomBytes(30),
  cnonce: randomBytes(12).toString('hex'),
});

export function phoneCanaries(secrets: PhoneSecrets): Canary[] {
  const text = (name: string, value: string): Canary => ({ name, bytes: Buffer.from(value) });
  // Without the country's code a number is the same secret.
  const number = (name: string, value: string): Canary => ({ ...text(name, value.slice(2)), digits: true });
  return [
    text('trunk password', secrets.password),
    text('name of the caller', secrets.displayName),
    number('number of the caller', secrets.number),
    number('asserted number', secrets.asserted),
    { ...text('digits that were keyed', secrets.digits), digits: true },
    { name: 'SRTP key of the offer', bytes: secrets.srtpKey },
    text('cnonce of the credentials', secrets.cnonce),
  ];
}

/** Where the second phone calls from: a trunk of its own, which asks for a password. */
export const secondPhoneAddress = '127.0.0.2';

/**
 * Calls with a name, numbers and an SRTP key in the offer, is challenged, answers with credentials, enters a wrong PIN by INFO twice,
 * and hangs up. Returns the secret-bearing text of its credentials.
 */
export async function playSecondPhone(sip: string, secrets: PhoneSecrets): Promise<string> {
  const port = Number(/:(\d+)$/.exec(sip)?.[1]);
  const phone = await udpPeer({ host: '127.0.0.1', port }, secondPhoneAddress);
  const { host } = phone;
  const tag = randomBytes(5).toString('hex');
  const callId = `${randomBytes(8).toString('hex')}@canary`;
  const from = `"${secrets.displayName}" <sip:+${secrets.number}@example.com>;tag=${tag}`;
  let cseq = 0;
  const request = (
    method: string,
    more: { to?: string; headers?: string[]; body?: string; uri?: string },
  ): string =>
    sipRequest({
      uri: sip,
      ...more,
      ...{ method, host, port: phone.port, from, callId },
      cseq: `${method === 'ACK' ? cseq : ++cseq} ${method}`,
      branch: `z9hG4bK${method}${cseq}${tag}`,
    });
  const body = sdpOffer([
    'm=audio 4002 RTP/AVP 0 101',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${secrets.srtpKey.toString('base64')}`,
  ]);
  const headers = [`P-Asserted-Identity: <tel:+${secrets.asserted}>`];
  try {
    phone.send(request('INVITE', { headers, body }));
    const challenge = await phone.next(/^SIP\/2\.0 401 /, 'the challenge');
    phone.send(request('ACK', { to: toOf(challenge) }));
    const credentials = authorization(challenge, sip, secrets);
    phone.send(request('INVITE', { headers: [...headers, `Authorization: ${credentials}`], body }));
    const answer = await phone.next(/^SIP\/2\.0 200 /, 'the answer');
    const to = toOf(answer);
    const uri = /^Contact: *<([^>]*)>/im.exec(answer)?.[1] ?? sip;
    phone.send(request('ACK', { to, uri }));
    // Wrong PINs slow the next try down: two are enough here.
    for (let attempt = 0; attempt < 2; attempt++) {
      for (const digit of `${secrets.digits}#`) {
        const info = request('INFO', { to, uri, body: `Signal=${digit}\r\nDuration=100\r\n` });
        phone.send(info.replace('application/sdp', 'application/dtmf-relay'));
        await phone.next(new RegExp(`^SIP/2\\.0 200 [^]*CSeq: *${cseq} INFO`, 'i'), 'the answer to a key');
      }
    }
    phone.send(request('BYE', { to, uri }));
    await phone.next(new RegExp(`^SIP/2\\.0 200 [^]*CSeq: *${cseq} BYE`, 'i'), 'the answer to BYE');
    return credentials;
  } finally {
    await phone.stop();
  }
}

const toOf = (message: string): string => /^To: *(.*?)\r$/im.exec(message)?.[1] ?? '';

/** RFC 8760: SHA-256, qop=auth. */
function authorization(challenge: string, uri: string, { user, password, cnonce }: PhoneSecrets): string {
  const line = /^WWW-Authenticate: *(Digest [^\r]*algorithm="?SHA-256"?[^\r]*)/im.exec(challenge)?.[1] ?? '';
  const field = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(line)?.[1] ?? '';
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const [realm, nonce] = [field('realm'), field('nonce')];
  const first = hash(`${user}:${realm}:${password}`);
  const second = hash(`INVITE:${uri}`);
  const response = hash(`${first}:${nonce}:00000001:${cnonce}:auth:${second}`);
  return `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=SHA-256, qop=auth, nc=00000001, cnonce="${cnonce}", response="${response}"`;
}
