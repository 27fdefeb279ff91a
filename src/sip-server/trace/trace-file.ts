import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { openTraceFile } from '../../base/trace-file.ts';
import { bracketHost } from '../message/grammar.ts';
import type { TraceSettings } from '../options.ts';
import type { Flow, Peer } from '../transport/flow.ts';
import { maskedMessage } from './masked-message.ts';

/** Every message that comes and goes, masked. A trace that cannot be written is given up and said so; calls go on. */
export interface Trace {
  received(bytes: Buffer, flow: Pick<Flow, 'transport' | 'local' | 'remote'>): void;
  sent(bytes: Buffer, flow: Pick<Flow, 'transport' | 'local' | 'remote'>): void;
  /** Fulfilled when all of it is written. */
  stop(): Promise<void>;
}

export function openTrace(
  { file, maxMiB }: TraceSettings,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Trace {
  // Of this start: a mark tells what belongs together, and nobody can try out what it stands for.
  const key = randomBytes(32);
  const mark = (value: string): string =>
    `#${createHmac('sha256', key).update(value).digest('hex').slice(0, 8)}`;
  let open = true;
  const giveUp = (error: unknown): void => {
    if (open) log.warn({ err: error, file }, 'the SIP trace cannot be written and has ended');
    open = false;
  };
  const lines = openTraceFile({ file, maxMiB, clock, onGivenUp: giveUp });
  const add = (arrow: '<' | '>', bytes: Buffer, flow: Pick<Flow, 'transport' | 'local' | 'remote'>): void => {
    // A keep-alive says nothing.
    if (!open || bytes.length <= 4) return;
    try {
      const at = new Date(clock.wallMs()).toISOString();
      lines.add(
        `${at} ${arrow} ${flow.transport} ${addressOf(flow.local)} ${addressOf(flow.remote)}\n${maskedMessage(bytes, mark)}\n`,
      );
    } catch (error) {
      // It stands in the way of every message: whatever is wrong with it is no reason to lose one.
      giveUp(error);
    }
  };
  return {
    received: (bytes, flow) => add('<', bytes, flow),
    sent: (bytes, flow) => add('>', bytes, flow),
    async stop() {
      await lines.stop();
      open = false;
    },
  };
}

const addressOf = ({ address, port }: Peer): string => `${bracketHost(address)}:${port}`;
