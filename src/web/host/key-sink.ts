import type { Registration } from '../../consent/messages/registration.ts';
import type { KeySink } from './session.ts';

/** What the two kinds of session ask of where their frame keys go. */

/** A sink that shares one key has no place for one a sender, and the other way round: refused before anything is sent. */
export function checkSink({ mode }: KeySink, registration: Registration): void {
  if (mode !== undefined && mode !== registration.policy.keys) throw new Error('key-mode-mismatch');
}

/** Whether setting a key changes what is sent, or only asks an app for it. */
export function rotationOf({ rotation }: KeySink): 'confirmed' | 'asked' {
  return rotation ?? 'confirmed';
}
