import { createHmac, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import type { Clock, Timer } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { bracketHost } from '../message/grammar.ts';
import type { TraceSettings } from '../options.ts';
import type { Flow, Peer } from '../transport/flow.ts';
import { maskedMessage } from './masked-message.ts';

/** Every message that comes and goes, masked. A trace that cannot be written is given up and said so; calls go on. */
export interface Trace {
  received(bytes: Buffer, flow: Pick<Flow, 'transport' | 'local' | 'remote'>): void;
  sent(bytes: Buffer, flow: Pick<Flow, 'transport' | 'local' | 'remote'>): void;
  stop(): void;
}

const flushMs = 200;
/** What waits to be written; above it messages are left out, and how many is written. */
const maxWaiting = 4 * 1024 * 1024;

export function openTrace(
  settings: TraceSettings,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Trace {
  // Of this start: a mark tells what belongs together, and nobody can try out what it stands for.
  const key = randomBytes(32);
  const mark = (value: string): string =>
    `#${createHmac('sha256', key).update(value).digest('hex').slice(0, 8)}`;
  let file: number | null = null;
  let written = 0;
  let waiting: string[] = [];
  let size = 0;
  let leftOut = 0;
  let timer: Timer | null = null;

  const giveUp = (error: unknown): void => {
    log.warn({ err: error, file: settings.file }, 'the SIP trace cannot be written and has ended');
    if (file !== null) shut(file);
    file = null;
    waiting = [];
  };
  const open = (): number => {
    const opened = openSync(settings.file, 'a', 0o600);
    written = fstatSync(opened).size;
    return opened;
  };
  /** Where to write: the file, or a new one in the place of a full one. */
  const place = (opened: number): number => {
    if (written < settings.maxMiB * 1024 * 1024) return opened;
    shut(opened);
    file = null;
    renameSync(settings.file, `${settings.file}.1`);
    return open();
  };
  const flush = (): void => {
    timer = null;
    if (file === null) return;
    const text = waiting.join('');
    [waiting, size] = [[], 0];
    try {
      const to = place(file);
      file = to;
      written += writeSync(to, text);
      if (leftOut > 0) written += writeSync(to, `(${leftOut} messages left out)\n\n`);
      leftOut = 0;
    } catch (error) {
      giveUp(error);
    }
  };
  const add = (arrow: '<' | '>', bytes: Buffer, flow: Pick<Flow, 'transport' | 'local' | 'remote'>): void => {
    // A keep-alive says nothing.
    if (file === null || bytes.length <= 4) return;
    if (size > maxWaiting) {
      leftOut += 1;
      return;
    }
    try {
      const at = new Date(clock.wallMs()).toISOString();
      const entry = `${at} ${arrow} ${flow.transport} ${addressOf(flow.local)} ${addressOf(flow.remote)}\n${maskedMessage(bytes, mark)}\n`;
      waiting.push(entry);
      size += entry.length;
      timer ??= clock.after(flushMs, flush);
    } catch (error) {
      // It stands in the way of every message: whatever is wrong with it is no reason to lose one.
      giveUp(error);
    }
  };
  try {
    file = open();
  } catch (error) {
    giveUp(error);
  }
  return {
    received: (bytes, flow) => add('<', bytes, flow),
    sent: (bytes, flow) => add('>', bytes, flow),
    stop() {
      timer?.cancel();
      flush();
      if (file !== null) shut(file);
      file = null;
    },
  };
}

/** What was written is there or not; that the system could not close it changes neither. */
function shut(file: number): void {
  try {
    closeSync(file);
  } catch {
    // Nobody can do anything about it.
  }
}

const addressOf = ({ address, port }: Peer): string => `${bracketHost(address)}:${port}`;
