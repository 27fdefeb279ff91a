import { ok, refuse } from '../../base/result.ts';
import { coHostCode } from './co-host-code.ts';
import type { Flow, FlowTools } from './flow.ts';

/** The page at /cohost: it shows the key that this browser joins with, and starts nothing. */
export function createCoHostFlow(tools: FlowTools): Flow {
  return {
    role: 'member',
    prepare: () => Promise.resolve(ok({ code: coHostCode(tools.device.publicKey) })),
    enter: () => Promise.resolve(refuse('link-incomplete')),
    forget: () => Promise.resolve(),
  };
}
