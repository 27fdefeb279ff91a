import { serveParent } from '../base/child.ts';
import { startLobby } from './lobby.ts';
import { startMeeting } from './meeting.ts';
import type { WorkerOptions } from './protocol.ts';

serveParent<WorkerOptions, object>((options, parent) =>
  options.role === 'lobby' ? startLobby(options, parent) : startMeeting(options, parent),
);
