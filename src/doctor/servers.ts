import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { readSecretFile } from '../config/load.ts';
import { livekitToken } from '../meeting/livekit/token.ts';
import { findingsOf, messageOf, type Finding, type Patient } from './finding.ts';

const sip = findingsOf('sip-server');
const meeting = findingsOf('meeting-server');
const answerMs = 5_000;

/** Whether an external drachtio-server can be reached and takes the secret. */
export async function checkSipServer({ config, clock }: Patient): Promise<Finding[]> {
  const { drachtio } = config.sip;
  if (drachtio === null) return [sip.ok('the embedded SIP server is used')];
  const where = `drachtio-server at ${drachtio.host}:${drachtio.port}`;
  try {
    const secret = readSecretFile('sip.drachtio.secretFile', drachtio.secretFile);
    const started = clock.monoMs();
    const answer = await authenticate(drachtio.host, drachtio.port, secret);
    const ms = Math.round(clock.monoMs() - started);
    if (answer.taken)
      return [sip.ok(`${where} takes the secret (${ms} ms) and listens on ${answer.endpoints}`)];
    return [
      sip.error({
        found: `${where} refuses the secret`,
        why: 'no call reaches the connector',
        remedy: 'sip.drachtio.secretFile has to hold what <admin secret="…"> of drachtio.conf.xml says',
      }),
    ];
  } catch (cause) {
    return [
      sip.error({
        found: `${where}: ${messageOf(cause)}`,
        why: 'no call reaches the connector',
        remedy:
          'look whether it runs, and whether a firewall is between: this is its application port (9022)',
      }),
    ];
  }
}

/**
 * drachtio's application protocol: `length#id|authenticate|secret`, answered by
 * `length#id|response|id|OK|hostports…` or `…|NO|reason`.
 */
function authenticate(
  host: string,
  port: number,
  secret: string,
): Promise<{ readonly taken: boolean; readonly endpoints: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let text = '';
    const end = (error: Error | null): void => {
      socket.destroy();
      if (error !== null) reject(error);
    };
    socket.setTimeout(answerMs, () => end(new Error('no answer in time')));
    socket.once('error', end);
    socket.once('close', () => reject(new Error('it closed the connection without an answer')));
    socket.once('connect', () => {
      const message = `${randomUUID()}|authenticate|${secret}`;
      socket.write(`${Buffer.byteLength(message)}#${message}`);
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      const answer = /\|response\|[^|]*\|(OK|NO)\|?([^|]*)/.exec(text);
      if (answer !== null) {
        resolve({ taken: answer[1] === 'OK', endpoints: answer[2] ?? '' });
        end(null);
      } else if (text.length > 65_536) end(new Error('what answers does not speak drachtio’s protocol'));
    });
  });
}

/** Whether an external LiveKit can be reached, takes our token, and has about the same time. */
export async function checkMeetingServer({ config, clock }: Patient): Promise<Finding[]> {
  const { server } = config.meeting;
  if (server === null) return [meeting.ok('the embedded SFU is used')];
  const base = server.url.replace(/^ws/, 'http').replace(/\/$/, '');
  const where = `meeting server ${server.url}`;
  try {
    const apiSecret = readSecretFile('meeting.server.apiSecretFile', server.apiSecretFile);
    const token = await livekitToken(
      {
        apiKey: server.apiKey,
        apiSecret,
        room: 'latchkey-doctor',
        identity: 'latchkey-doctor',
        ttlSeconds: 60,
        canPublish: false,
        canSubscribe: false,
      },
      clock,
    );
    // In a header, not in the URL: a URL is written into logs.
    const response = await fetch(`${base}/rtc/validate`, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(answerMs),
    });
    const found = [tokenFinding(where, response.status)];
    const skewMs = Math.abs(Date.parse(response.headers.get('date') ?? '') - clock.wallMs());
    if (skewMs > maxSkewMs) found.push(skew(where, skewMs));
    return found;
  } catch (cause) {
    const reason =
      cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : messageOf(cause);
    return [
      meeting.error({
        found: `${where}: ${reason}`,
        why: 'neither hosts nor the bridge can join a meeting',
        remedy: 'look whether it runs, and whether meeting.server.url is right from this machine',
      }),
    ];
  }
}

/** An HTTP date is whole seconds; a token is valid from 10 s before it was made. */
const maxSkewMs = 10_000;

function skew(where: string, skewMs: number): Finding {
  return meeting.warning({
    found: `the clock of ${where} differs from ours by ${Math.round(skewMs / 1_000)} s`,
    why: 'it judges tokens by its clock, and they live for 60 s',
    remedy: 'run a time daemon on both machines',
  });
}

function tokenFinding(where: string, status: number): Finding {
  if (status === 200) return meeting.ok(`${where} takes our token`);
  if (status === 401 || status === 403)
    return meeting.error({
      found: `${where} refuses our token (${status})`,
      why: 'neither hosts nor the bridge can join a meeting',
      remedy: 'meeting.server.apiKey and the secret in apiSecretFile have to be a pair in its "keys"',
    });
  return meeting.warning({
    found: `${where} answers ${status} to /rtc/validate`,
    why: 'a LiveKit server answers 200 or 401 there; something else may be in front of it',
    remedy: 'look whether meeting.server.url leads to the server itself, path included',
  });
}
