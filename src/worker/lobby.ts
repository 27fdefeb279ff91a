import { randomInt } from 'node:crypto';
import type { ParentLink } from '../base/child.ts';
import { systemClock } from '../base/clock.ts';
import { createLog } from '../base/log.ts';
import { opusOnDemand } from '../media/codec/opus-loader.ts';
import { directUdp } from '../media/rtp/direct-udp.ts';
import { loadPrompts } from '../media/prompts/library.ts';
import { LegHost } from './leg-host.ts';
import type { ToWorker, WorkerOptions } from './protocol.ts';

/**
 * The lobby worker: every caller before admission and after a revoke. It is started without a meeting, opens no
 * connection but the legs' RTP sockets, and holds no key, so nothing of a room can be heard or sent from here.
 */
export async function startLobby(
  options: WorkerOptions,
  parent: ParentLink,
): Promise<{ info: object; stop(): void }> {
  const log = createLog('lobby', options.logLevel);
  const prompts = await loadPrompts(options.promptsDir, options.languages);
  for (const { file, reason } of prompts.refused) log.warn({ file, reason }, 'prompt refused');
  const host = new LegHost({
    rtp: options.rtp,
    udp: directUdp(),
    prompts,
    traceRtp: options.traceRtp,
    clock: systemClock,
    randomInt: (n) => randomInt(n),
    opus: opusOnDemand(log),
    log,
    parent,
  });
  // Control is this process's parent and speaks the protocol's types; what it does not know it ignores.
  parent.onMessage((message, handle) => void host.handle(message as ToWorker, handle));
  return { info: {}, stop: () => host.close() };
}
