import { pino, type Logger } from 'pino';

export type Log = Logger;
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * Keys whose values never reach a log line, whatever object they sit in. Redaction is the second net: modules do
 * not hand such values to the logger in the first place.
 */
const secretKeys = [
  'pin',
  'digits',
  'digit',
  'token',
  'secret',
  'key',
  'sdp',
  'authorization',
  'number',
  'salt',
];

/** One JSON line per event on standard error, so that standard output stays free for a command's own result. */
export function createLog(name: string, level: LogLevel): Log {
  return pino(
    {
      name,
      level,
      redact: { paths: secretKeys.flatMap((k) => [k, `*.${k}`]), censor: '[secret]' },
      base: { process: name, pid: process.pid },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}
