import { serveParent } from '../base/child.ts';
import { systemClock } from '../base/clock.ts';
import { createLog } from '../base/log.ts';
import { startWebrtc } from '../webrtc/peer.ts';
import type { SfuInfo, SfuOptions } from './options.ts';
import { SfuServer } from './server.ts';

/** The embedded SFU's process. */
serveParent<SfuOptions, SfuInfo>(async (options) => {
  const log = createLog('sfu', options.logLevel);
  startWebrtc(log);
  const server = new SfuServer(options, systemClock, log);
  const port = await server.start();
  log.info({ port }, 'sfu listens');
  return { info: { port }, stop: () => server.stop() };
});
