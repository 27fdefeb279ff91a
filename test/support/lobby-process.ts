import { serveParent } from '../../src/base/child.ts';
import { startLobby } from '../../src/worker/lobby.ts';

/** The lobby worker's process without the meeting's half of it. */
serveParent(startLobby);
