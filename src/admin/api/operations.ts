import type { AdminPorts } from '../ports.ts';
import { configOperations } from './config-operations.ts';
import { drainOperations } from './drain-operations.ts';
import { endOperations } from './end-operations.ts';
import { liveOperations } from './live-operations.ts';
import { meetingOperations } from './meeting-operations.ts';
import type { Operation } from './operation.ts';
import { recordOperations } from './record-operations.ts';

/** The whole API, but for the event stream. */
export const apiOperations = (ports: AdminPorts): readonly Operation[] => [
  ...liveOperations(ports),
  ...endOperations(ports),
  ...meetingOperations(ports.meetings),
  ...recordOperations(ports),
  ...configOperations(ports),
  ...drainOperations(ports),
];
