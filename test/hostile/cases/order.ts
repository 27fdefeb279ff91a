import type { Flight, Room, Tamper } from '../../support/consent-room.ts';
import type { Case } from '../case.ts';
import { untilSilentMs, type Stage } from '../stage.ts';

async function granted(stage: Stage): Promise<void> {
  await stage.ask();
  await stage.approve();
  await stage.pass(5_000);
}

async function revoked(stage: Stage): Promise<void> {
  await stage.revoke();
  await stage.pass(untilSilentMs);
}

const delayed =
  (ms: number) =>
  (room: Room): Tamper =>
  (flight) => {
    room.clock.after(ms, () => room.server.deliver(flight.from, flight.to, flight.bytes));
    return [];
  };

/** Holds packets back for a second and delivers them last first. */
function reversed(room: Room): Tamper {
  let held: (Flight & { readonly to: string })[] = [];
  return (flight) => {
    if (held.length === 0) {
      room.clock.after(1_000, () => {
        const due = held.reverse();
        held = [];
        for (const { from, to, bytes } of due) room.server.deliver(from, to, bytes);
      });
    }
    held.push(flight);
    return [];
  };
}

/** Everything that was ever sent, to everybody but its sender. */
function replayAll({ room, host, ann, bob, bridge }: Stage): void {
  for (const { from, bytes } of [...room.server.log]) {
    for (const { identity } of [host, ann, bob, bridge]) {
      if (identity !== from) room.server.deliver(from, identity, bytes);
    }
  }
}

/** The server delivers late, in another order, or again. */
export const ordering: readonly Case[] = [
  {
    name: 'delays everything by two seconds',
    early: delayed(2_000),
    play: granted,
    then: revoked,
    recovers: true,
  },
  {
    name: 'delays everything by six seconds under a grant',
    async play(stage) {
      await granted(stage);
      stage.server(delayed(6_000)(stage.room));
      await stage.pass(untilSilentMs + 6_000);
    },
    then: revoked,
    recovers: true,
  },
  { name: 'delivers each second backwards', early: reversed, play: granted, then: revoked, recovers: true },
  {
    name: 'delivers everything three times',
    early: () => (flight) => [flight.bytes, flight.bytes, flight.bytes],
    play: granted,
    then: revoked,
    recovers: true,
  },
  {
    name: 'replays everything that was ever said, after the revoke',
    async play(stage) {
      await granted(stage);
      await revoked(stage);
      replayAll(stage);
      await stage.pass(3_000);
    },
    recovers: true,
  },
  {
    name: 'replays everything that was ever said, after the connector has left',
    async play(stage) {
      await granted(stage);
      stage.bridge.leave();
      await stage.pass(3_000);
      replayAll(stage);
      await stage.pass(3_000);
    },
    recovers: true,
  },
  {
    name: 'keeps the grant back and delivers it after the revoke',
    async play(stage) {
      await stage.ask();
      stage.server((f) => (f.message?.type === 'grant' && f.to === stage.bridge.identity ? [] : [f.bytes]));
      await stage.approve();
      await revoked(stage);
      stage.room.server.deliver(stage.host.identity, stage.bridge.identity, stage.last('grant').bytes);
      await stage.pass(3_000);
    },
    recovers: true,
  },
  {
    name: 'replays the whole of an earlier instance to everybody',
    async play(stage) {
      await granted(stage);
      await stage.host.leave();
      stage.host = await stage.room.host({ join: 'host again' });
      await stage.pass(5_000);
      replayAll(stage);
      await stage.pass(3_000);
    },
    recovers: true,
  },
  {
    name: 'shows a newcomer nothing but an earlier instance',
    async play(stage) {
      await stage.host.leave();
      await stage.bob.leave();
      const old = [...stage.room.server.log];
      stage.host = await stage.room.host({ join: 'host again' });
      stage.server((f) =>
        f.to.startsWith('p-') && f.from === stage.host.identity && f.to === newcomer ? [] : [f.bytes],
      );
      let newcomer = '';
      stage.bob = await stage.room.member('Carl');
      newcomer = stage.bob.identity;
      for (const { from, bytes } of old) stage.room.server.deliver(from, newcomer, bytes);
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
];
