import { expect, it } from 'vitest';
import type { LegId } from '../../../src/base/ids.ts';
import { createLog } from '../../../src/base/log.ts';
import { LegMoves } from '../../../src/worker/leg-moves.ts';

const anna = 'anna' as LegId;

/** What engine and room are told, each of whose answers waits until it is let go. */
function stage() {
  const told: string[] = [];
  const waiting = new Map<string, () => void>();
  const step = (name: string) => (): Promise<void> => {
    told.push(name);
    return new Promise((done) => waiting.set(name, done));
  };
  const moves = new LegMoves({
    engine: { legJoined: step('engine joined'), legLeft: step('engine left') },
    room: { legJoined: step('room joined'), legLeft: step('room left') },
    log: createLog('moves', 'silent'),
  });
  const done = async (name: string): Promise<void> => {
    waiting.get(name)!();
    await new Promise(setImmediate);
  };
  return { told, moves, done };
}

it('a leg is recorded, and then published', async () => {
  const { told, moves, done } = stage();
  void moves.moved(anna, true);
  expect(told).toEqual(['engine joined']);
  await done('engine joined');
  expect(told).toEqual(['engine joined', 'room joined']);
});

it('a leg that goes while its coming is being recorded is not published afterwards', async () => {
  const { told, moves, done } = stage();
  void moves.moved(anna, true);
  void moves.moved(anna, false);
  await done('engine joined');
  expect(told).toEqual(['engine joined', 'room left', 'engine left']);
});

it('a leg is out of the gate while the room still announces that it has gone: one that is let in again stays in', async () => {
  const { told, moves, done } = stage();
  void moves.moved(anna, true);
  await done('engine joined');
  await done('room joined');
  void moves.moved(anna, false);
  expect(told.slice(2)).toEqual(['room left', 'engine left']);
  void moves.moved(anna, true);
  await done('room left');
  expect(told.slice(4)).toEqual(['engine joined']);
});
