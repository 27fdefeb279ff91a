import { utf8 } from '../../../src/base/bytes.ts';
import type { Payload } from '../../../src/consent/messages/catalog.ts';
import { signMessage } from '../../../src/consent/messages/jws.ts';
import { packetBytes, parsePacket } from '../../../src/consent/messages/packet.ts';
import type { Room, Tamper } from '../../support/consent-room.ts';
import { seededSigner } from '../../support/consent-samples.ts';
import { settled } from '../../support/consent-settle.ts';
import type { Case } from '../case.ts';
import { untilSilentMs, without, type Stage } from '../stage.ts';

async function granted(stage: Stage): Promise<void> {
  await stage.ask();
  await stage.approve();
  await stage.pass(5_000);
}

const revoked = async (stage: Stage): Promise<void> => {
  await stage.revoke();
  await stage.pass(untilSilentMs);
};

/** Who is there, as the server tells it: what each party is told goes through `lie`. */
function tellPresence(stage: Stage, lie: (identities: readonly string[]) => readonly string[]): void {
  const { host, ann, bob, bridge, room } = stage;
  const all = [host, ann, bob, bridge].map(({ identity }) => identity);
  for (const identity of all) room.server.present(identity, lie(all.filter((other) => other !== identity)));
}

/** The name on every packet is another's. */
const renamed =
  (nameOf: (from: string, room: Room) => string) =>
  (room: Room): Tamper =>
  (flight) => {
    room.server.deliver(nameOf(flight.from, room), flight.to, flight.bytes);
    return [];
  };

/** The server splits the meeting, or lies about who is who. */
export const lying: readonly Case[] = [
  {
    name: 'splits the meeting: each half hears of one member only, from the revoke on',
    async play(stage) {
      await granted(stage);
      const half = new Set([stage.host.identity, stage.bob.identity]);
      stage.server(without(({ from, to }) => half.has(from) !== half.has(to)));
      await revoked(stage);
    },
    recovers: true,
  },
  {
    name: 'splits the meeting: one half is kept at an older roster',
    async play(stage) {
      const kept = new Set(['roster', 'welcome', 'heartbeat', 'revocation', 'grant']);
      await granted(stage);
      stage.server(without(({ to, message }) => to === stage.ann.identity && kept.has(message?.type ?? '')));
      await revoked(stage);
    },
    recovers: true,
  },
  {
    name: 'has the host’s key sign two rosters, and gives each half another',
    async play(stage) {
      const roster = stage.last('roster');
      const packet = parsePacket(roster.bytes);
      if (!packet.ok) throw new Error(packet.reason);
      const payload = { ...(roster.message!.payload as Payload<'roster'>), bridges: [] };
      const jws = await signMessage(seededSigner('host'), 'roster', payload);
      const other = packetBytes(jws, ...packet.value.beside);
      stage.room.server.deliver(stage.host.identity, stage.ann.identity, other);
      await settled();
      await stage.pass(3_000);
    },
    recovers: true,
  },
  {
    name: 'tells the host that one member has left',
    async play(stage) {
      await granted(stage);
      tellPresence(stage, (identities) => identities.filter((identity) => identity !== stage.ann.identity));
      await settled();
      await stage.pass(1_000);
    },
    recovers: true,
  },
  {
    name: 'tells everybody that the bridge has left, while it stays',
    async play(stage) {
      await granted(stage);
      tellPresence(stage, (identities) =>
        identities.filter((identity) => identity !== stage.bridge.identity),
      );
      await settled();
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'names participants who are not there',
    async play(stage) {
      await granted(stage);
      tellPresence(stage, (identities) => [...identities, 'p-AAAAAAAAAAAAAAAAAAAAAA', 'Ann', '']);
      await settled();
      await stage.pass(3_000);
    },
    then: revoked,
    recovers: true,
  },
  {
    name: 'stamps every packet with the name of somebody who is not there',
    early: renamed(() => 'p-AAAAAAAAAAAAAAAAAAAAAA'),
    play: granted,
    recovers: true,
  },
  {
    name: 'stamps the bridge’s packets with a member’s name, and the member’s with the bridge’s',
    async play(stage) {
      const swap = new Map([
        [stage.ann.identity, stage.bridge.identity],
        [stage.bridge.identity, stage.ann.identity],
      ]);
      stage.server(renamed((from) => swap.get(from) ?? from)(stage.room));
      await stage.ask();
      await stage.approve();
      await stage.pass(untilSilentMs);
    },
    recovers: true,
  },
  {
    name: 'writes noise into the data channel, in everybody’s name',
    async play(stage) {
      await granted(stage);
      for (const voice of [stage.host, stage.ann, stage.bob, stage.bridge]) {
        for (const other of [stage.host, stage.ann, stage.bob, stage.bridge]) {
          for (let i = 0; i < 50; i += 1) {
            stage.room.server.deliver(voice.identity, other.identity, utf8(`noise ${String(i)}`));
          }
        }
      }
      await settled();
      await stage.pass(3_000);
    },
    then: revoked,
    recovers: true,
  },
];
