import type { MeetingId } from '../base/ids.ts';
import type { InboundCall } from '../sip/gateway.ts';
import type { MeetingBridge } from './bridge.ts';
import type { LobbyEntry } from './lobby-state.ts';
import type { PinPlace } from './pin-desk.ts';
import type { Redials } from './redials.ts';

/** A meeting that callers can dial into: first only a PIN, then, once a host has claimed it, a registration. */
export interface Room {
  readonly name: string;
  bridge: MeetingBridge | null;
  meetingId: MeetingId | null;
}

/** Where a call begins. */
export interface WayIn {
  readonly entry: LobbyEntry;
  /** The meeting that a PIN is for where none is named by a code. */
  readonly place: PinPlace | null;
  /** The meeting, where no PIN is asked for. */
  readonly room: Room | null;
}

interface Meetings {
  readonly roomNamed: (name: string) => Room | null;
  readonly soleMeeting: () => string | null;
  readonly redials: Redials;
}

/** By the called number and by how many meetings there are; null: its meeting is gone since the call was let in. */
export function wayOf({ destination, from }: InboundCall, meetings: Meetings): WayIn | null {
  switch (destination.kind) {
    case 'echo':
      return { entry: { kind: 'echo' }, place: null, room: null };
    case 'ivr': {
      const name = meetings.soleMeeting();
      return name === null
        ? { entry: { kind: 'code' }, place: null, room: null }
        : { entry: { kind: 'pin' }, place: { kind: 'meeting', name }, room: null };
    }
    case 'pin':
    case 'meeting': {
      const { kind, name } = destination;
      const room = meetings.roomNamed(name);
      if (room === null) return null;
      if (kind === 'pin') return { entry: { kind }, place: { kind: 'meeting', name }, room: null };
      return { entry: { kind, ...welcome(room, from.user, meetings.redials) }, place: null, room };
    }
  }
}

/** How a caller who has found his meeting is received. */
export function welcome(
  room: Room,
  user: string,
  redials: Redials,
): { readonly hostPresent: boolean; readonly again: boolean } {
  return { hostPresent: room.bridge?.hostExpected ?? false, again: redials.isAgain(user, room.name) };
}
