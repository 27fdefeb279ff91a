import { serveParent } from '../base/child.ts';
import type { WorkerOptions } from './protocol.ts';

/** A lobby loads none of the meeting's code: no WebRTC, no frame keys, nothing that could be told to join a room. */
serveParent<WorkerOptions, object>(async (options, parent) => {
  if (options.role === 'lobby') {
    const { startLobby } = await import('./lobby.ts');
    return startLobby(options, parent);
  }
  const { startBridges } = await import('./bridges.ts');
  return startBridges(options, parent);
});
