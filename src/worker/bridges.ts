import { randomFillSync, randomInt } from 'node:crypto';
import { secretBytes } from '../base/bytes.ts';
import type { ParentLink } from '../base/child.ts';
import { systemClock } from '../base/clock.ts';
import type { LegId } from '../base/ids.ts';
import { createLog, type Log } from '../base/log.ts';
import { testSeals } from '../consent/messages/seal-self-test.ts';
import { announcementTones, spokenAnnouncements, type Announcements } from '../media/audio/announcement.ts';
import { opusOnDemand } from '../media/codec/opus-loader.ts';
import { directUdp } from '../media/rtp/direct-udp.ts';
import { loadPrompts, type PromptLibrary } from '../media/prompts/library.ts';
import { keyCollector } from './collect.ts';
import { LegHost } from './leg-host.ts';
import { openMeeting, type BridgeParts, type OpenMeeting } from './meeting.ts';
import type { FromWorker, ToWorker, WorkerOptions } from './protocol.ts';
import { Rooms } from './rooms.ts';

type BridgeMessage = Extract<
  ToWorker,
  { kind: 'bridge-open' | 'bridge-close' | 'lease' | 'callers-waiting' | 'caller-gone' | 'dialled' }
>;

/**
 * A meeting worker: the bridges that control opens in it, one or several. They share the process, its clock of 20 ms, the prompts
 * and the codec; each has its own way into its meeting, gate, HPKE keys, frame keys, pipe to the vault and room. Closing order: the
 * bridges, each as `OpenMeeting.stop` says, then what is left of the legs.
 */
export async function startBridges(
  options: WorkerOptions,
  parent: ParentLink,
): Promise<{ info: object; stop(): Promise<void> }> {
  const log = createLog('meeting', options.logLevel);
  await testSeals((length) => randomFillSync(secretBytes(length)));
  const opus = opusOnDemand(log);
  // At the start, so that a machine without a codec is found out before anybody is asked.
  opus();
  const rooms = new Rooms();
  const prompts = await loadPrompts(options.promptsDir, options.languages);
  const bridges = new Bridges({
    ...{ log, rooms, opus: opus(), collectKeys: keyCollector(systemClock) },
    announcements: announcementsOf(options.announce, prompts),
    send: (message) => parent.send(message),
    endLegs: (legIds) => legs.end(legIds),
  });
  const legs = new LegHost({
    ...{ prompts, opus, log, parent, room: rooms, suppressEcho: options.echo, traceRtp: options.traceRtp },
    rtp: options.rtp,
    udp: directUdp(),
    clock: systemClock,
    randomInt: (n) => randomInt(n),
    onLeg: (legId, present, bridge) => bridges.onLeg(legId, present, bridge),
  });
  parent.onMessage((raw, handle) => {
    const message = raw as ToWorker;
    if (bridges.handle(message)) return;
    // The room that the leg would enter may have closed while the message was on its way.
    const homeless = message.kind === 'leg-adopt' && !bridges.has(message.bridge);
    legs.handle(message, homeless ? null : handle);
    if (homeless) closeHandle(handle);
  });
  return {
    info: {},
    async stop() {
      await bridges.stop();
      legs.close();
    },
  };
}

/** Tones also where the words are not there: a caller never comes in unannounced by mistake. */
function announcementsOf(
  { by, language }: WorkerOptions['announce'],
  prompts: PromptLibrary,
): Announcements | null {
  if (by === 'off') return null;
  const joined = prompts.get(`${language}/room-joined`);
  const left = prompts.get(`${language}/room-left`);
  return by === 'tone' || joined === null || left === null
    ? announcementTones()
    : spokenAnnouncements(joined, left);
}

function closeHandle(handle: unknown): void {
  if (typeof handle === 'object' && handle !== null && 'close' in handle)
    (handle as { close(): void }).close();
}

interface BridgesOptions extends Omit<BridgeParts, 'tell' | 'report'> {
  readonly log: Log;
  readonly rooms: Rooms;
  readonly send: (message: FromWorker) => void;
  readonly endLegs: (legIds: readonly LegId[]) => void;
}

class Bridges {
  readonly #options: BridgesOptions;
  readonly #open = new Map<string, OpenMeeting>();
  /** Also of bridges that are being opened: a close that comes meanwhile waits for it. */
  readonly #opening = new Map<string, Promise<void>>();
  readonly #homes = new Map<LegId, OpenMeeting>();

  constructor(options: BridgesOptions) {
    this.#options = options;
  }

  has(bridge: string | undefined): boolean {
    return bridge !== undefined && this.#open.has(bridge);
  }

  /** True where the message was one about bridges. */
  handle(message: ToWorker): message is BridgeMessage {
    switch (message.kind) {
      case 'bridge-open': {
        const { joinId } = message.meeting;
        const opened = this.#openBridge(message).finally(() => this.#opening.delete(joinId));
        this.#opening.set(joinId, opened);
        return true;
      }
      case 'bridge-close':
        void this.#closeBridge(message.bridge);
        return true;
      case 'lease':
        this.#open.get(message.bridge)?.lease(message);
        return true;
      case 'callers-waiting':
        this.#open.get(message.bridge)?.callersWaiting(message.callers);
        return true;
      case 'caller-gone':
        this.#open.get(message.bridge)?.callerGone(message.legId);
        return true;
      case 'dialled':
        this.#open.get(message.bridge)?.dialled(message);
        return true;
      default:
        return false;
    }
  }

  onLeg(legId: LegId, present: boolean, bridge?: string): void {
    const { rooms } = this.#options;
    if (!present) {
      rooms.leave(legId);
      void this.#homes.get(legId)?.legMoved(legId, false);
      this.#homes.delete(legId);
      return;
    }
    const home = this.#open.get(bridge ?? '');
    if (home === undefined) return;
    this.#homes.set(legId, home);
    rooms.enter(legId, home.room);
    void home.legMoved(legId, true);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#opening.values()]);
    await Promise.all([...this.#open.keys()].map((bridge) => this.#stopBridge(bridge)));
  }

  async #openBridge({ pipe, meeting }: Extract<BridgeMessage, { kind: 'bridge-open' }>): Promise<void> {
    const bridge = meeting.joinId;
    const { send, log } = this.#options;
    try {
      const opened = await openMeeting(meeting, pipe, {
        ...this.#options,
        tell: (fact) => send({ ...fact, bridge }),
        report: (report) => send(report),
      });
      this.#open.set(bridge, opened);
      send({ kind: 'bridge-opened', bridge });
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown';
      log.warn({ meeting: meeting.meetingId, reason }, 'bridge not opened');
      send({ kind: 'bridge-not-opened', bridge, reason });
    }
  }

  async #closeBridge(bridge: string): Promise<void> {
    await this.#opening.get(bridge);
    await this.#stopBridge(bridge);
    this.#options.send({ kind: 'bridge-closed', bridge });
  }

  async #stopBridge(bridge: string): Promise<void> {
    const meeting = this.#open.get(bridge);
    if (meeting === undefined) return;
    this.#open.delete(bridge);
    const { rooms, endLegs } = this.#options;
    await meeting.stop(() => {
      const left = rooms.legsIn(meeting.room);
      endLegs(left);
      for (const legId of left) {
        rooms.leave(legId);
        this.#homes.delete(legId);
      }
    });
  }
}
