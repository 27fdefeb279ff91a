import { serveParent } from '../base/child.ts';
import { systemClock } from '../base/clock.ts';
import { createLog } from '../base/log.ts';
import type { SipServerInfo, SipServerOptions } from './options.ts';
import { startSipServer } from './server.ts';

/** The embedded SIP server as a process of its own. */
serveParent<SipServerOptions, SipServerInfo>(async (options) => {
  const log = createLog('sip-server', options.logLevel);
  const server = await startSipServer(options, { clock: systemClock, log });
  log.info({ endpoints: server.info.endpoints }, 'listening');
  return { info: server.info, stop: () => server.stop() };
});
