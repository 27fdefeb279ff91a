import { expect, test } from 'vitest';
import type { LegId } from '../../../src/base/ids.ts';
import type { RoomAudio } from '../../../src/worker/leg-room.ts';
import { Rooms } from '../../../src/worker/rooms.ts';

const leg = (name: string): LegId => name as LegId;

/** A room that admits everybody whom it is asked about, and keeps what it is asked. */
function room(value: number): RoomAudio & { readonly heard: string[]; mixes: number } {
  return {
    heard: [],
    mixes: 0,
    admitted: () => true,
    fromCaller(legId) {
      this.heard.push(legId);
    },
    mix() {
      this.mixes += 1;
    },
    roomFor: () => new Int16Array(160).fill(value),
  };
}

test('a leg hears and speaks in its own room alone, and nowhere when it is in none', () => {
  const rooms = new Rooms();
  const [red, blue] = [room(1), room(2)];
  rooms.enter(leg('r'), red);
  rooms.enter(leg('b'), blue);
  for (const id of ['r', 'b', 'stranger']) rooms.fromCaller(leg(id), null);
  expect([red.heard, blue.heard]).toEqual([['r'], ['b']]);
  expect([rooms.roomFor(leg('r'), 8_000)?.[0], rooms.roomFor(leg('b'), 8_000)?.[0]]).toEqual([1, 2]);
  expect(rooms.admitted(leg('stranger'))).toBe(false);
  expect(rooms.roomFor(leg('stranger'), 8_000)).toBeNull();
  rooms.leave(leg('r'));
  expect(rooms.admitted(leg('r'))).toBe(false);
  expect(rooms.roomFor(leg('r'), 8_000)).toBeNull();
});

test('a room is mixed once a tick while it has legs, however many, and not without', () => {
  const rooms = new Rooms();
  const [red, blue] = [room(1), room(2)];
  for (const id of ['1', '2', '3']) rooms.enter(leg(id), red);
  rooms.mix();
  expect([red.mixes, blue.mixes]).toEqual([1, 0]);
  for (const id of ['1', '2']) rooms.leave(leg(id));
  rooms.leave(leg('2'));
  rooms.enter(leg('3'), blue);
  rooms.mix();
  expect([red.mixes, blue.mixes]).toEqual([1, 1]);
  expect(rooms.legsIn(blue)).toEqual(['3']);
  expect(rooms.legsIn(red)).toEqual([]);
});

test('a room whose last leg has gone is mixed until it has announced that', () => {
  const rooms = new Rooms();
  const state = { sounding: false };
  const red = room(1);
  Object.defineProperty(red, 'sounding', { get: () => state.sounding });
  rooms.enter(leg('r'), red);
  rooms.leave(leg('r'));
  state.sounding = true;
  expect(rooms.sounding).toBe(true);
  rooms.mix();
  expect(red.mixes).toBe(1);
  state.sounding = false;
  rooms.mix();
  expect([red.mixes, rooms.sounding]).toEqual([1, false]);
});
