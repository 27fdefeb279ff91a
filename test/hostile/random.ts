import type { Room, Tamper } from '../support/consent-room.ts';
import type { Case } from './case.ts';
import type { Stage } from './stage.ts';

/** A small generator of its own, so that a failing story can be told again from its seed (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Loses, doubles, delays and so reorders packets, and throws old ones in between. */
export function badServer(room: Room, seed: number): Tamper {
  const random = chance(seed);
  return (flight) => {
    const roll = random();
    if (roll < 0.15) return [];
    if (roll < 0.3) return [flight.bytes, flight.bytes];
    if (roll < 0.55) {
      room.clock.after(Math.floor(random() * 3_000), () =>
        room.server.deliver(flight.from, flight.to, flight.bytes),
      );
      return [];
    }
    if (roll < 0.65) {
      const old = room.server.log[Math.floor(random() * room.server.log.length)]!;
      if (old.from !== flight.to) room.server.deliver(old.from, flight.to, old.bytes);
    }
    return [flight.bytes];
  };
}

/** A server that does all of it at random, from a seed. How far the meeting gets is luck; the rules hold however far. */
export const atRandom = (seed: number): Case => ({
  name: `loses, doubles, delays, reorders and replays at random (seed ${seed})`,
  async play(stage: Stage) {
    stage.server(badServer(stage.room, seed));
    for (let i = 0; i < 60; i += 1) {
      if (await stage.ask()) break;
    }
    await stage.approve();
    await stage.pass(5_000);
    await stage.revoke();
    await stage.pass(25_000);
  },
  recovers: true,
});
