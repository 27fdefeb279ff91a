import { toBase64url } from '../../base/bytes.ts';
import type { Payload, RosterBridge } from '../../consent/messages/catalog.ts';
import { messageHash, signMessage } from '../../consent/messages/jws.ts';
import { bytesOfText, identityOf } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';
import { packetBytes } from '../../consent/messages/packet.ts';
import { parseRegistration, rankOf, type Registration } from '../../consent/messages/registration.ts';
import { timing } from '../../consent/timing.ts';
import { keepBridgeKeys, readBridgeKeys } from './bridge-keys.ts';
import { CoHostCodes } from './cohost-code.ts';
import { dialable, dialRequest, maskedNumber } from './dial-request.ts';
import { coHostPrompt } from './cohost-prompt.ts';
import { HostDoor } from './host-door.ts';
import { createHostSession } from './host-session.ts';
import type { Drawn } from './member-observer.ts';
import { Member } from './member-session.ts';
import type { Approval, CoHostSession, HostSession, MeetingView, SessionOptions } from './session.ts';

/** Throws `not-a-host` where the device's key does not stand in the registration. */
export function createCoHostSession(options: SessionOptions): CoHostSession {
  const registration = parseRegistration(options.registration);
  if (!registration.ok) throw new Error('registration-invalid');
  const rank = rankOf(registration.value, options.device.publicKey);
  if (rank < 0) throw new Error('not-a-host');
  return new CoHost(options, registration.value, rank);
}

type Decision = Pick<Payload<'decision'>, 'what'> & Partial<Payload<'decision'>>;

const noScope = { audio: 'both', legs: 'each', next: 0, until: 0 } as const;

/**
 * A member whose key may decide. What it denies or revokes counts with everybody by itself; the rest it says to the key
 * host, who carries it out. It remembers who was in and what was taken back, for when it takes over.
 */
class CoHost implements CoHostSession {
  readonly #options: SessionOptions;
  readonly #registration: Registration;
  readonly #rank: number;
  readonly #member: Member;
  readonly #codes = new CoHostCodes();
  #door: HostDoor | null = null;
  #bridgeKeys = new Set<string>();
  #drawn: Drawn | null = null;
  #prompt: { readonly hash: string; readonly liveFromMs: number } | null = null;
  #present: readonly string[] = [];
  #n = 0;

  constructor(options: SessionOptions, registration: Registration, rank: number) {
    this.#options = options;
    this.#registration = registration;
    this.#rank = rank;
    this.#member = new Member(options, 'co-host', {
      drawn: (drawn) => this.#onDrawn(drawn),
      revoked: () => this.#door?.revoked() ?? Promise.resolve(),
      challenged: (challenge) => this.#codes.challenged(challenge),
      revealed: (jws, claimed, about) => this.#codes.revealed(jws, claimed, about),
      begun: () => this.#codes.reset(),
    });
  }

  get view(): MeetingView {
    return this.#member.view;
  }

  subscribe(listener: (view: MeetingView) => void): () => void {
    return this.#member.subscribe(listener);
  }

  async start(): Promise<void> {
    const { store, channel } = this.#options;
    this.#door = await HostDoor.open({ store, hosts: this.#registration.hosts });
    this.#bridgeKeys = await readBridgeKeys(store);
    channel.onPresence((identities) => (this.#present = identities));
    await this.#member.start();
  }

  close(reason?: string): Promise<void> {
    return this.#member.close(reason);
  }

  async approve(requestHash: string, approval: Approval = {}): Promise<void> {
    const { prompt } = this.view;
    if (prompt?.requestHash !== requestHash) throw new Error('prompt-changed');
    if (this.#options.clock.monoMs() < prompt.liveFromMonoMs) throw new Error('prompt-not-live');
    if (prompt.ledger === 'none' || prompt.ledger === 'fork') throw new Error('ledger-inconsistent');
    const { audio = prompt.scope.audio, legs = 'each', next = 0, untilMinutes = 0, only } = approval;
    if (audio === 'speak' && !prompt.canTalkOnly) throw new Error('talk-only-impossible');
    const callers = prompt.callers.map((c) => c.legId);
    await this.#decide({
      what: 'approve',
      request: requestHash,
      scope: { audio, legs, next, until: Math.round(untilMinutes * 60_000) },
      legs: callers.filter((leg) => only?.includes(leg) ?? true),
    });
  }

  /** A no counts by itself: the bridge needs nobody else's word to believe it. */
  async deny(requestHash: string): Promise<void> {
    const { prompt } = this.view;
    if (prompt?.requestHash !== requestHash) throw new Error('prompt-changed');
    if (prompt.kind === 'callers') return this.#decide({ what: 'deny', request: requestHash });
    const place = this.#outsideChain();
    const body = { ...place, rank: this.#rank, request: requestHash, reason: 'denied' } as const;
    this.#options.channel.send(packetBytes(await signMessage(this.#options.device, 'denial', body)));
    this.#member.views.history('denied', { operator: prompt.operator, connector: prompt.connector });
  }

  /** In force with everybody whom it reaches, the key host or not. */
  async revoke(bridge: string): Promise<void> {
    const card = this.view.bridges.find((b) => b.thumbprint === bridge);
    const listed = this.#drawn?.roster.bridges.find((b) => identityOf(b.join) === card?.identity && b.holds);
    if (listed === undefined) throw new Error('nothing-to-revoke');
    const jws = await signMessage(this.#options.device, 'revocation', {
      ...this.#outsideChain(),
      rank: this.#rank,
      bridge: listed.key,
      grant: listed.grant,
      reason: 'revoked',
      epoch: (this.#drawn?.roster.epoch ?? 0) + 1,
    });
    this.#options.channel.send(packetBytes(jws));
    await this.#member.revokedByMe(jws);
  }

  endLeg(bridge: string, legId: string): Promise<void> {
    return this.#aboutLeg('end-leg', bridge, legId);
  }

  muteLeg(bridge: string, legId: string, muted: boolean): Promise<void> {
    return this.#aboutLeg(muted ? 'mute-leg' : 'unmute-leg', bridge, legId);
  }

  setLocked(locked: boolean): Promise<void> {
    return this.#decide({ what: locked ? 'lock' : 'unlock' });
  }

  admitMember(identity: string): Promise<void> {
    return this.#aboutMember('admit', identity, this.view.knocking);
  }

  refuseMember(identity: string): Promise<void> {
    return this.#aboutMember('refuse', identity, this.view.knocking);
  }

  removeMember(identity: string): Promise<void> {
    const others = this.view.members.filter((m) => !m.isHost && !m.isMe);
    return this.#aboutMember('remove', identity, others);
  }

  /** A word of its own: the bridge needs nobody else's to believe it. */
  async invitePhone(number: string, bridge?: string): Promise<string> {
    const { device, random, channel } = this.#options;
    const wanted = dialable(number);
    if (wanted === null) throw new Error('number-invalid');
    const card = this.view.bridges.find(
      (b) => b.canDial && (bridge === undefined || b.thumbprint === bridge),
    );
    const listed = this.#listed(card?.identity);
    const offer = listed === undefined ? null : this.#member.dials.offerOf(listed);
    if (listed === undefined || offer === null) throw new Error('no-bridge-dials');
    const { meetingId, instance } = this.#current();
    const place = this.#outsideChain();
    const { dialId, packet } = await dialRequest({
      number: wanted,
      rank: this.#rank,
      bridge: { key: bytesOfText(listed.key), join: listed.join, hpke: offer.hpke },
      about: { meeting: meetingId, instance: instance.id, term: instance.term },
      sender: await thumbprint(device.publicKey),
      random,
      sign: async (body) => {
        const jws = await signMessage(device, 'dial-request', { ...place, ...body });
        return { jws, hash: (await messageHash(jws, device.publicKey)) ?? '' };
      },
    });
    channel.send(packet);
    this.#member.dials.asked({ dialId, bridge: identityOf(listed.join), number: maskedNumber(wanted) });
    return dialId;
  }

  async cancelInvite(dialId: string): Promise<void> {
    const listed = this.#listed(this.view.dials.find((dial) => dial.dialId === dialId)?.bridge);
    if (listed === undefined) throw new Error('unknown-dial');
    const { key: bridge, join: to } = listed;
    const body = { ...this.#outsideChain(), rank: this.#rank, bridge, to, dial: dialId };
    const jws = await signMessage(this.#options.device, 'dial-cancel', body);
    this.#options.channel.send(packetBytes(jws));
  }

  /** In the host's list, by identity. */
  #listed(identity: string | undefined): RosterBridge | undefined {
    return this.#drawn?.roster.bridges.find(({ join }) => identityOf(join) === identity);
  }

  /** A new instance with a higher term: every grant is void, and everybody says hello again, the host before as well. */
  async takeOver(): Promise<HostSession> {
    await this.#member.detach();
    const { channel } = this.#options;
    const host = createHostSession({
      ...this.#options,
      channel: {
        send: (payload, to) => channel.send(payload, to),
        onMessage: (listener) => channel.onMessage(listener),
        onPresence: (listener) => {
          channel.onPresence(listener);
          listener(this.#present);
        },
      },
    });
    await host.start();
    return host;
  }

  async #onDrawn(drawn: Drawn): Promise<Partial<MeetingView>> {
    this.#drawn = drawn;
    await this.#remember(drawn);
    const found = await coHostPrompt(drawn, this.#registration.policy.keys === 'per-sender');
    const prompt = found === null ? null : { ...found, code: this.#codes.digits(found.requestHash) };
    if (prompt === null) this.#prompt = null;
    else if (prompt.requestHash !== this.#prompt?.hash) {
      const liveFromMs = this.#options.clock.monoMs() + timing.promptDead;
      this.#prompt = { hash: prompt.requestHash, liveFromMs };
    }
    const live = prompt?.ledger === 'none' ? Infinity : (this.#prompt?.liveFromMs ?? Infinity);
    const knocking = drawn.parts.knocks.map(({ join, ...knock }) => ({
      ...knock,
      identity: identityOf(join),
    }));
    return { prompt: prompt === null ? null : { ...prompt, liveFromMonoMs: live }, knocking };
  }

  /** What a host's client has to know of this meeting: who was in, and which keys asked as bridges. */
  async #remember({ roster }: Drawn): Promise<void> {
    for (const { key } of roster.members) await this.#door?.entered(key);
    const before = this.#bridgeKeys.size;
    for (const { key } of roster.bridges) this.#bridgeKeys.add(key);
    if (this.#bridgeKeys.size > before) await keepBridgeKeys(this.#options.store, this.#bridgeKeys);
  }

  #aboutLeg(what: 'end-leg' | 'mute-leg' | 'unmute-leg', bridge: string, legId: string): Promise<void> {
    const cards = this.view.bridges.filter((b) => b.thumbprint === bridge);
    const known = cards.some((b) => b.legs.some((l) => l.legId === legId && l.state === 'admitted'));
    if (!known) return Promise.reject(new Error('unknown-leg'));
    return this.#decide({ what, bridge, legs: [legId] });
  }

  #aboutMember(
    what: 'admit' | 'refuse' | 'remove',
    identity: string,
    among: readonly { readonly identity: string }[],
  ): Promise<void> {
    if (!among.some((m) => m.identity === identity)) return Promise.reject(new Error('unknown-member'));
    return this.#decide({ what, member: identity.slice('p-'.length) });
  }

  /** To everybody: the key host carries it out, connectors record it, members let it fall. */
  async #decide(decision: Decision): Promise<void> {
    const { device, channel, joinId } = this.#options;
    const { meetingId, instance } = this.#current();
    this.#n += 1;
    const jws = await signMessage(device, 'decision', {
      v: 1,
      meeting: meetingId,
      instance: instance.id,
      join: toBase64url(joinId),
      key: toBase64url(device.publicKey),
      n: this.#n,
      request: '',
      scope: noScope,
      legs: [],
      bridge: '',
      member: '',
      ...decision,
    });
    channel.send(packetBytes(jws));
  }

  #outsideChain(): { v: 1; meeting: string; instance: string; term: number; seq: 0; prev: '' } {
    const { meetingId, instance } = this.#current();
    return { v: 1, meeting: meetingId, instance: instance.id, term: instance.term, seq: 0, prev: '' };
  }

  #current(): Drawn {
    if (this.#drawn === null || this.view.phase !== 'in-meeting') throw new Error('not-started');
    return this.#drawn;
  }
}
