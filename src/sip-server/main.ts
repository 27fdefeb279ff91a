import { serveParent } from '../base/child.ts';
import { systemClock } from '../base/clock.ts';
import { returnMemory } from '../base/garbage.ts';
import { createLog } from '../base/log.ts';
import type { SipServerInfo, SipServerOptions, SipServerReport } from './options.ts';
import { startQuietCollection } from './quiet-collection.ts';
import { startSipServer } from './server.ts';

/** The embedded SIP server as a process of its own. */
serveParent<SipServerOptions, SipServerInfo>(async (options, parent) => {
  const log = createLog('sip-server', options.logLevel);
  const server = await startSipServer(options, { clock: systemClock, log });
  log.info({ endpoints: server.info.endpoints }, 'listening');
  parent.onMessage((message) => {
    const kind = (message as { kind?: unknown } | null)?.kind;
    if (kind === 'reread') server.reread();
    if (kind !== 'report') return;
    const report: SipServerReport = { kind: 'report', counts: server.counts(), tally: server.tally() };
    parent.send({ ...report });
  });
  const collection = startQuietCollection({
    clock: systemClock,
    received: () => server.tally().received,
    held: () => Object.values<number>({ ...server.counts() }).reduce((sum, count) => sum + count, 0),
    collect: returnMemory,
  });
  return {
    info: server.info,
    stop() {
      collection.cancel();
      return server.stop();
    },
  };
});
