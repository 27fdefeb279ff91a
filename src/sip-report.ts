import type { Clock } from './base/clock.ts';
import type { Supervised } from './base/supervise.ts';
import type { SipServerInfo, SipServerReport } from './sip-server/options.ts';

/** The embedded SIP server answers within milliseconds; whoever asks for metrics does not wait longer. */
const answerMs = 500;

export interface SipReports {
  /** Everything that the SIP server sends. */
  onMessage(message: unknown): void;
  /** Null where there is none, or where it does not answer. */
  ask(server: Supervised<SipServerInfo> | null, clock: Clock): Promise<SipServerReport | null>;
}

/** Questions to the embedded SIP server about what it holds and has counted. */
export function createSipReports(): SipReports {
  const waiting = new Set<(report: SipServerReport | null) => void>();
  const settle = (report: SipServerReport): void => {
    for (const done of waiting) done(report);
  };
  return {
    onMessage(message) {
      if ((message as { kind?: unknown } | null)?.kind === 'report') settle(message as SipServerReport);
    },
    ask(server, clock) {
      if (server?.running !== true) return Promise.resolve(null);
      return new Promise((resolve) => {
        const done = (report: SipServerReport | null): void => {
          waiting.delete(done);
          timer.cancel();
          resolve(report);
        };
        const timer = clock.after(answerMs, () => done(null));
        waiting.add(done);
        server.send({ kind: 'report' });
      });
    },
  };
}
