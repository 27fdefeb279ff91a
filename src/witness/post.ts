import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Clock } from '../base/clock.ts';
import { ok, refuse, type Result } from '../base/result.ts';
import type { Response } from './add-checkpoint.ts';

/** A witness answers within moments and with a few lines. */
const answerWithinMs = 10_000;
const maxBody = 16_384;

/**
 * Posts text to exactly this URL, once: no redirect is followed, nothing is kept between calls, and an answer that is slow or
 * long is none.
 */
export function post(
  url: URL,
  body: string,
  clock: Clock,
): Promise<Result<Response, 'witness-unreachable' | 'witness-slow' | 'witness-too-long'>> {
  return new Promise((resolve) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const request = send(url, {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(body) },
    });
    const end = (
      outcome: Result<Response, 'witness-unreachable' | 'witness-slow' | 'witness-too-long'>,
    ): void => {
      timer.cancel();
      request.destroy();
      resolve(outcome);
    };
    const timer = clock.after(answerWithinMs, () => end(refuse('witness-slow')));
    request.on('error', () => end(refuse('witness-unreachable')));
    request.on('response', (response) => take(response, end));
    request.end(body);
  });
}

function take(
  response: IncomingMessage,
  end: (outcome: Result<Response, 'witness-unreachable' | 'witness-too-long'>) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  response.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBody) end(refuse('witness-too-long'));
    else chunks.push(chunk);
  });
  response.on('error', () => end(refuse('witness-unreachable')));
  response.on('end', () =>
    end(
      ok({
        status: response.statusCode ?? 0,
        contentType: response.headers['content-type'] ?? '',
        body: Buffer.concat(chunks).toString('utf8'),
      }),
    ),
  );
}
