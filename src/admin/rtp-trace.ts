import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import { openTraceFile } from '../base/trace-file.ts';
import type { CallEvent } from '../call/call-events.ts';
import type { RtpFacts } from '../media/leg-state.ts';

/** One line a second of each leg's RTP, beside the trace of SIP messages; in the background, bounded. */
export interface RtpTraceFile {
  onEvent(event: CallEvent): void;
  /** Fulfilled when all of it is written. */
  stop(): Promise<void>;
}

/** `sip.trace` as the configuration has it: the file's name gets `.rtp` behind it. Null: none. */
export function openRtpTrace(
  settings: { readonly file: string; readonly maxMiB: number } | null,
  { clock, log }: { readonly clock: Clock; readonly log: Pick<Log, 'warn'> },
): RtpTraceFile | null {
  if (settings === null) return null;
  const name = `${settings.file}.rtp`;
  const lines = openTraceFile({
    ...{ file: name, maxMiB: settings.maxMiB, clock },
    onGivenUp: (error) =>
      log.warn({ err: error, file: name }, 'the RTP trace cannot be written and has ended'),
  });
  return {
    onEvent(event) {
      if (event.kind !== 'leg-rtp') return;
      const at = new Date(clock.wallMs()).toISOString();
      lines.add(`${at} leg ${event.leg} ${event.where} ${factsText(event.facts)}\n`);
    },
    stop: () => lines.stop(),
  };
}

/** What is zero is left out, but for packets. */
function factsText(facts: RtpFacts): string {
  const { packets, first, last, ssrc, payloadTypes, jitterMs, ...counts } = facts;
  const parts = [`packets ${packets}`];
  if (first !== null) parts.push(`sequence ${first}-${last}`);
  if (packets > 0 && ssrc !== null) parts.push(`ssrc ${ssrc.toString(16).padStart(8, '0')}`);
  if (payloadTypes.length > 0) parts.push(`types ${payloadTypes.join(',')}`);
  if (packets > 0) parts.push(`jitter ${jitterMs.toFixed(1)} ms`);
  for (const [what, count] of Object.entries(counts)) if (count > 0) parts.push(`${what} ${count}`);
  return parts.join(', ');
}
