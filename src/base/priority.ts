import { constants, setPriority } from 'node:os';

/**
 * Raises this process, and with it every child that it starts, above what else the machine does, as telephony servers do: a
 * tick that comes late is heard, and a gate that closes late is worse. Where that is not permitted (RLIMIT_NICE,
 * CAP_SYS_NICE), everything runs as it is. Returns whether it was done.
 */
export function raisePriority(): boolean {
  try {
    setPriority(constants.priority.PRIORITY_HIGH);
    return true;
  } catch {
    return false;
  }
}
