import { keyOf, isSignedBy, readMessage } from './message.ts';
import { thumbprintOf } from './note.ts';
import { isSoundKey, type Primitives } from './primitives.ts';

/** Thumbprints of the key with which an operator signed, and of the one that it goes on with (docs/keys.md). */
export interface Rotation {
  readonly from: string;
  readonly to: string;
}

/** An operator goes on as one other. A file that says a thousand times otherwise costs no more to read. */
const maxSuccessors = 8;

/** Null where the statement is not one, or not signed by the key that it goes on from. */
export function readRotation(primitives: Primitives, jws: string): Rotation | null {
  const message = readMessage(jws);
  if (message?.type !== 'operator-rotation') return null;
  const old = keyOf(message.payload, 'operator');
  const next = keyOf(message.payload, 'next');
  if (old === null || next === null || !isSoundKey(next) || !isSignedBy(primitives, message, old))
    return null;
  return { from: thumbprintOf(primitives, old), to: thumbprintOf(primitives, next) };
}

/** These operators, and those that they went on as. Never the other way: a successor does not speak for the past. */
export function withSuccessors(
  anchors: readonly string[],
  rotations: readonly Rotation[],
): ReadonlySet<string> {
  const next = new Map<string, string[]>();
  for (const { from, to } of rotations) next.set(from, [...(next.get(from) ?? []), to].slice(-maxSuccessors));
  const all = new Set(anchors);
  // A set is walked to its end, with what is added on the way.
  for (const anchor of all) for (const to of next.get(anchor) ?? []) all.add(to);
  return all;
}
