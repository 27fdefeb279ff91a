import type { MeetingBook } from './call/meeting-book.ts';
import type { CreatedMeeting, NewMeeting, Rotation } from './call/meeting-entry.ts';
import type { Lease, LeaseEnd, Ownership, Taken } from './call/ownership.ts';
import type { Switchboard } from './call/switchboard.ts';
import type { Room } from './call/way-in.ts';
import type { Clock } from './base/clock.ts';
import type { MeetingId } from './base/ids.ts';
import type { Log } from './base/log.ts';
import { ok, refuse, type Result } from './base/result.ts';
import type { Supervised } from './base/supervise.ts';
import { meetingIdOf, parseRegistration } from './consent/messages/registration.ts';
import { createPinChallenges, type PinChallenges } from './http/pin-challenge.ts';
import { HostPins } from './host-pins.ts';
import type { DialIn, HttpPorts } from './http/ports.ts';
import { livekitToken } from './meeting/livekit/token.ts';
import type { SfuInfo } from './sfu/options.ts';
import type { VaultHandle } from './vault/handle.ts';

/** The meeting server that this start has its meetings on. */
export interface Platform {
  /** As browsers and the connector reach it. */
  readonly url: string;
  readonly apiKey: string;
  readonly apiSecret: string;
  /** The embedded one. */
  readonly sfu: Supervised<SfuInfo> | null;
}

/** livekit-client sends the token within moments; it names, it authorises nothing of ours. */
const tokenSeconds = 60;

/** What is asked of whoever has the calls. */
type Calls = Pick<Switchboard, 'claimed' | 'closeRoom' | 'leaseRenewed' | 'leaseLost'>;

export interface MeetingsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly connectorName: string;
  /** WebRTC of this connector's own workers binds to it; null: to any. */
  readonly bindAddress: string | null;
  readonly vault: VaultHandle;
  readonly platform: Platform;
  readonly book: MeetingBook;
  readonly ownership: Ownership;
  /** Whether what connectors share can be reached. */
  readonly sharingUp: () => boolean;
  /** Of kept meetings that say nothing else. */
  readonly rotation: () => Rotation;
}

/**
 * The meetings of this process as the rest of it needs them: the book says which there are, a room is where their calls
 * come together, and the first browser with a meeting's one-time link becomes its host.
 */
export class Meetings {
  readonly #options: MeetingsOptions;
  readonly #rooms = new Map<string, Room>();
  readonly #claimed = new Map<MeetingId, { readonly registration: Uint8Array<ArrayBuffer> }>();
  readonly #claiming = new Set<string>();
  /** Numbers of the leases that the ledger has. */
  readonly #recorded = new Map<MeetingId, number>();
  readonly #challenges: PinChallenges;
  readonly #pins: HostPins;
  #switchboard: Calls | null = null;

  constructor(options: MeetingsOptions) {
    this.#options = options;
    const { book, vault, platform, clock } = options;
    this.#challenges = createPinChallenges(platform.apiSecret, clock);
    this.#pins = new HostPins({
      ...{ book, challenges: this.#challenges },
      registrationOf: async (meeting) => (await this.#find(meeting))?.registration ?? null,
      append: async (entry) => {
        await vault.append([entry]);
      },
    });
  }

  /** Meetings that were claimed before this process are served again. */
  attach(switchboard: Calls): void {
    this.#switchboard = switchboard;
    for (const { name, meetingId, registration } of this.#options.book.claimedBefore())
      this.#serve(name, meetingId, registration);
  }

  /** Other connectors have changed meetings: what is gone is closed here too, what was claimed there is served. */
  onNews(): void {
    const { book, log } = this.#options;
    for (const [name, room] of this.#rooms) {
      const now = book.get(name);
      if (now !== null && (room.meetingId === null || room.meetingId === now.meetingId)) continue;
      this.#drop(name, room).catch((error: unknown) => {
        log.error({ reason: error instanceof Error ? error.message : '' }, 'meeting not closed');
      });
    }
    if (this.#switchboard === null) return;
    for (const { name, meetingId, registration } of book.claimedBefore())
      this.#serve(name, meetingId, registration);
  }

  leaseRenewed(name: string, until: LeaseEnd): void {
    const room = this.#rooms.get(name);
    if (room !== undefined) this.#switchboard?.leaseRenewed(room, until);
  }

  leaseLost(name: string): void {
    const room = this.#rooms.get(name);
    if (room !== undefined) this.#switchboard?.leaseLost(room);
  }

  /** Null where there is no such meeting. */
  room(name: string): Room | null {
    if (this.#options.book.get(name) === null) return null;
    const room = this.#rooms.get(name) ?? { name, bridge: null, meetingId: null };
    this.#rooms.set(name, room);
    return room;
  }

  create(
    meeting: NewMeeting,
  ): Promise<Result<CreatedMeeting, 'name-invalid' | 'name-taken' | 'too-many-meetings'>> {
    const { book, rotation } = this.#options;
    return book.create(meeting.kept ? { rotation: rotation(), ...meeting } : meeting);
  }

  /** Its callers are told that it has ended, its keys are destroyed, and nothing of it is kept but the ledger. */
  async close(name: string): Promise<Result<null, 'meeting-unknown'>> {
    const closed = await this.#options.book.close(name);
    const room = this.#rooms.get(name);
    if (room !== undefined) await this.#drop(name, room);
    return closed;
  }

  async #drop(name: string, room: Room): Promise<void> {
    this.#rooms.delete(name);
    if (room.meetingId !== null) {
      this.#claimed.delete(room.meetingId);
      this.#recorded.delete(room.meetingId);
    }
    await this.#switchboard?.closeRoom(room);
  }

  /** The pages' view of this process. */
  pages(switchboard: Switchboard, reached: Omit<DialIn, 'code'>): HttpPorts {
    const { vault, platform, sharingUp } = this.#options;
    const { operatorName: name, operatorThumbprint: thumbprint, operatorKept: kept } = vault.info;
    const operators = [{ name, thumbprint, kept }];
    const shared = (meeting: MeetingId) => ({
      dialIn: { ...reached, code: this.#codeOf(meeting) },
      ...{ operators, sfuUrl: platform.url },
    });
    return {
      setup: () => Promise.resolve({ operators, kem: 'X-Wing', sfuUrl: platform.url }),
      claimMeeting: async (request) => {
        const claimed = await this.#claim(request);
        return claimed.ok ? ok({ ...claimed.value, ...shared(claimed.value.meetingId) }) : claimed;
      },
      meetingInfo: async (meeting) => {
        const claimed = await this.#find(meeting);
        return claimed === null ? null : { ...claimed, ...shared(meeting) };
      },
      pinChallenge: async (meeting) =>
        (await this.#find(meeting)) === null ? null : this.#challenges.make(meeting),
      hostPin: (request) => this.#pins.tell(request),
      newPin: (request) => this.#pins.draw(request),
      mintToken: async (request) => {
        if ((await this.#find(request.meetingId)) === null) return refuse('meeting-unknown');
        this.#expectHost(request.meetingId);
        const token = await this.#mint(`p-${request.joinId}`, request.name, request.meetingId);
        return ok({ token, url: platform.url });
      },
      readiness: () => {
        const reasons = [
          ...(switchboard.ready ? [] : ['not-taking-calls']),
          ...(platform.sfu !== null && !platform.sfu.running ? ['sfu-down'] : []),
          ...(sharingUp() ? [] : ['sharing-down']),
        ];
        return Promise.resolve({ ready: reasons.length === 0, reasons });
      },
    };
  }

  /** An invitation to a meeting that is kept may be read when there are several, whatever there is now. */
  #codeOf(meeting: MeetingId): string | null {
    const { book } = this.#options;
    const view = book.list().find(({ meetingId }) => meetingId === meeting);
    return view === undefined || (book.sole !== null && !view.kept) ? null : view.code;
  }

  /** One that was claimed elsewhere a moment ago may not be known here yet. */
  async #find(meeting: MeetingId): Promise<{ readonly registration: Uint8Array<ArrayBuffer> } | null> {
    if (!this.#claimed.has(meeting)) await this.#options.book.refresh();
    return this.#claimed.get(meeting) ?? null;
  }

  async #claim({
    claim,
    registration,
  }: {
    readonly claim: string;
    readonly registration: Uint8Array<ArrayBuffer>;
  }): Promise<
    Result<
      { readonly meetingId: MeetingId; readonly pin: string; readonly pinId: string },
      'already-claimed' | 'claim-unknown' | 'registration-invalid'
    >
  > {
    const { book, vault, log } = this.#options;
    await book.refresh();
    const found = book.findClaim(claim);
    if (found === null) return refuse('claim-unknown');
    const { name } = found;
    if (found.claimed || this.#claiming.has(name)) return refuse('already-claimed');
    if (!parseRegistration(registration).ok) return refuse('registration-invalid');
    this.#claiming.add(name);
    try {
      const meetingId = await meetingIdOf(registration);
      // One registration, one meeting: a second room of it would have two workers join as one bridge.
      if (this.#claimed.has(meetingId)) return refuse('registration-invalid');
      const text = Buffer.from(registration).toString('base64url');
      await vault.append([{ type: 'registration-seen', meeting: meetingId, data: { registration: text } }]);
      const claimed = await book.claim(claim, { name, meetingId, registration });
      if (!claimed.ok) return refuse(claimed.reason === 'already-claimed' ? claimed.reason : 'claim-unknown');
      this.#serve(name, meetingId, registration);
      log.info({ meeting: meetingId }, 'meeting claimed by its host');
      return ok({ meetingId, ...claimed.value });
    } finally {
      this.#claiming.delete(name);
    }
  }

  #serve(name: string, meetingId: MeetingId, registration: Uint8Array<ArrayBuffer>): void {
    const { vault, platform, connectorName, bindAddress, book, log } = this.#options;
    const room = this.room(name);
    if (room === null || this.#claimed.has(meetingId)) return;
    this.#claimed.set(meetingId, { registration });
    this.#switchboard?.claimed(room, meetingId, {
      ...{ registration, connectorName },
      take: () => this.#take(name, meetingId),
      platform: {
        ...{ url: platform.url, bindAddress },
        token: (identity) => this.#mint(identity, connectorName, meetingId),
      },
      adoptWorker: (workerId, pipe) => vault.adoptWorker(workerId, meetingId, registration, pipe),
      onMeetingEnded: () => {
        book.ended(name).catch((error: unknown) => {
          const reason = error instanceof Error ? error.message : 'unknown';
          log.error({ meeting: meetingId, reason }, 'PIN not replaced');
        });
      },
    });
  }

  /** A meeting that was taken is on record before its bridge joins. */
  async #take(name: string, meetingId: MeetingId): Promise<Taken> {
    const taken = await this.#options.ownership.take(name);
    if (taken.kind === 'here' && taken.lease !== null) await this.#recordTaken(meetingId, taken.lease);
    return taken;
  }

  async #recordTaken(meeting: MeetingId, { number, after }: Lease): Promise<void> {
    if (this.#recorded.get(meeting) === number) return;
    const data = { lease: number, ...(after === null ? {} : { after }) };
    await this.#options.vault.append([{ type: 'meeting-taken', meeting, data }]);
    this.#recorded.set(meeting, number);
  }

  /** Whoever gets a token is about to be there, perhaps a host. */
  #expectHost(meetingId: MeetingId): void {
    for (const room of this.#rooms.values()) if (room.meetingId === meetingId) room.bridge?.expectHost();
  }

  #mint(identity: string, name: string, room: MeetingId): Promise<string> {
    const { platform, clock } = this.#options;
    const { apiKey, apiSecret } = platform;
    return livekitToken({ apiKey, apiSecret, identity, room, name, ttlSeconds: tokenSeconds }, clock);
  }
}
