import { Encryption_Type, type ParticipantInfo } from '@livekit/protocol';
import { loadOpus } from '../../../src/media/codec/opus-loader.ts';
import type { Payload } from '../../../src/consent/messages/catalog.ts';
import type { Peeked } from '../../../src/consent/messages/jws.ts';
import { addChord } from '../../demo/chord.ts';
import { askingInItsPlace, changed, ownKey, type Change } from '../cases/keys.ts';

/** Who a client is, by what it has said. */
export type Role = 'host' | 'member' | 'bridge' | 'unknown';

export interface Guest {
  readonly identity: string;
  readonly role: Role;
  /** A packet of the topic `latchkey`, stamped as coming from whomever the server likes. */
  receive(from: string, payload: Uint8Array): void;
}

export interface Flight {
  readonly from: Guest;
  readonly to: Guest;
  readonly payload: Uint8Array;
  readonly message: Peeked | null;
  readonly guests: readonly Guest[];
}

/** What the server does; what is not named goes through as an honest server has it. */
export interface Behaviour {
  /** What the receiver gets instead, now; undefined: the packet itself. */
  readonly onPacket?: (flight: Flight) => readonly Uint8Array[] | undefined;
  /** Changes what the connector is told of `about`; whether it did. */
  readonly onInfo?: (info: ParticipantInfo, about: Guest, guests: readonly Guest[]) => boolean;
  /** The payload that goes to everybody instead of a frame of `from`; undefined: the frame. */
  readonly onFrame?: (from: Guest, payload: Buffer) => Buffer | undefined;
}

interface Past {
  readonly from: string;
  readonly payload: Uint8Array;
  readonly type: string;
}

export interface House {
  readonly guests: () => readonly Guest[];
  /** Every packet that ever went through, as it was sent. */
  readonly kept: readonly Past[];
  /** The host's last frames of the time before this behaviour. */
  readonly frames: readonly Buffer[];
}

const without =
  (drop: (flight: Flight) => boolean): NonNullable<Behaviour['onPacket']> =>
  (flight) =>
    drop(flight) ? [] : undefined;

/** A moment later: what changes a packet signs first. */
const swapping =
  (what: Change): NonNullable<Behaviour['onPacket']> =>
  (flight) => {
    if (flight.message?.type !== what.type) return undefined;
    void changed(flight.payload, what).then((bytes) => flight.to.receive(flight.from.identity, bytes));
    return [];
  };

const byRole = (guests: readonly Guest[], role: Role): Guest | undefined =>
  guests.find((guest) => guest.role === role);

/** Two kinds of guests under each other's names. */
function renamed(guests: readonly Guest[], about: Guest, [a, b]: readonly [Role, Role]): string | undefined {
  if (about.role === a) return byRole(guests, b)?.identity;
  return about.role === b ? byRole(guests, a)?.identity : undefined;
}

const later = (ms: number, flight: Flight): readonly Uint8Array[] => {
  setTimeout(() => flight.to.receive(flight.from.identity, flight.payload), ms);
  return [];
};

/** Holds packets back for half a second and delivers them last first. */
function backwards(): Behaviour {
  let held: Flight[] = [];
  return {
    onPacket(flight) {
      if (held.length === 0) {
        setTimeout(() => {
          const due = held.reverse();
          held = [];
          for (const { from, to, payload } of due) to.receive(from.identity, payload);
        }, 500);
      }
      held.push(flight);
      return [];
    },
  };
}

/** Sound that anybody could have made, as Opus without any encryption: the chord that the phone itself hums. */
function plainSound(): Behaviour {
  const rate = 48_000;
  const samples = rate / 50;
  const encoder = loadOpus().codec.encoder({ rate, bitrate: 32_000, complexity: 5 });
  let tick = 0;
  return {
    onFrame(from) {
      if (from.role !== 'host') return undefined;
      const pcm = new Int16Array(samples);
      addChord(pcm, 'caller', rate, samples * tick++, 0.2);
      const frame = encoder.encode(pcm);
      return frame === null ? undefined : Buffer.from(frame);
    },
  };
}

/** By the name that the test gives. */
export const behaviours: Readonly<Record<string, (house: House) => Behaviour>> = {
  honest: () => ({}),
  'withhold-from-connector': () => ({ onPacket: without(({ to }) => to.role === 'bridge') }),
  'late-by-three-seconds': () => ({ onPacket: (flight) => later(3_000, flight) }),
  backwards,
  'keep-grant': () => ({
    onPacket: without(({ to, message }) => to.role === 'bridge' && message?.type === 'grant'),
  }),
  'deliver-kept-grant': ({ guests, kept }) => {
    const grant = kept.findLast(({ type }) => type === 'grant');
    const bridge = byRole(guests(), 'bridge');
    return {
      // With the next packet, whatever it is, so that the test sees that it was delivered.
      onPacket({ to, payload }) {
        if (grant === undefined || to !== bridge) return undefined;
        return [grant.payload, payload];
      },
    };
  },
  'replay-everything': ({ guests, kept, frames }) => {
    for (const { from, payload } of [...kept]) {
      for (const guest of guests()) if (guest.identity !== from) guest.receive(from, payload);
    }
    let next = 0;
    return {
      onPacket: ({ payload }) => [payload, payload],
      onFrame: ({ role }) => (role === 'host' ? frames[next++ % frames.length] : undefined),
    };
  },
  'own-key-in-request': () => ({ onPacket: swapping({ type: 'bridge-request', change: ownKey }) }),
  'ask-in-its-place': () => {
    const asking = askingInItsPlace();
    return {
      onPacket(flight) {
        if (flight.message?.type !== 'bridge-request') return undefined;
        void asking.then((what) => swapping(what)(flight));
        return [];
      },
    };
  },
  'widen-grant': () => ({
    onPacket: swapping({
      type: 'grant',
      change: (payload: Payload<'grant'>) => ({ ...payload, scope: { ...payload.scope, legs: 'any' } }),
    }),
  }),
  'swap-names-of-packets': () => ({
    onPacket({ from, to, payload, guests }) {
      const name = renamed(guests, from, ['member', 'bridge']);
      if (name === undefined) return undefined;
      to.receive(name, payload);
      return [];
    },
  }),
  /** The connector and the members hear of each other, the host of nobody and nobody of the host. */
  split: () => ({ onPacket: without(({ from, to }) => from.role === 'host' || to.role === 'host') }),
  'swap-names-of-people': () => ({
    onInfo(info, about, guests) {
      const name = renamed(guests, about, ['host', 'member']);
      if (name !== undefined) info.identity = name;
      return name !== undefined;
    },
  }),
  'unflag-host': () => ({
    onInfo(info, about) {
      if (about.role !== 'host') return false;
      for (const track of info.tracks) track.encryption = Encryption_Type.NONE;
      return info.tracks.length > 0;
    },
  }),
  'plain-sound': plainSound,
};
