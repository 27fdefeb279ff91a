import { randomBytes } from 'node:crypto';
import { fromBase64url, toBase64url } from '../../src/base/bytes.ts';
import type { Clock } from '../../src/base/clock.ts';
import { signCertificate } from '../../src/consent/messages/certificate.ts';
import type { Payload, RosterBridge } from '../../src/consent/messages/catalog.ts';
import { cosign } from '../../src/consent/messages/cosignature.ts';
import { thumbprint } from '../../src/consent/messages/keys.ts';
import { ledgerOrigin, openCheckpoint } from '../../src/consent/messages/log-checkpoint.ts';
import { messageHash, signMessage, type Signer } from '../../src/consent/messages/jws.ts';
import { personalCommitment } from '../../src/ledger/commitment.ts';
import type { NewEntry } from '../../src/ledger/event.ts';
import type { LedgerStore } from '../../src/ledger/store.ts';
import { openLedger, type LedgerWriter } from '../../src/ledger/writer.ts';
import { random, testHost, testKey, testMeeting, type TestHost, type TestMeeting } from './consent-peers.ts';

/** A clock that stands still until it is moved: wall and monotonic together, or the wall alone. */
export interface HandClock extends Clock {
  move(ms: number): void;
  jump(ms: number): void;
}

export function handClock(startMs = 1_800_000_000_000): HandClock {
  let wall = startMs;
  let mono = 0;
  return {
    wallMs: () => wall,
    monoMs: () => mono,
    after: () => ({ cancel: () => undefined }),
    move(ms) {
      wall += ms;
      mono += ms;
    },
    jump(ms) {
      wall += ms;
    },
  };
}

/** The keys of a connector, made by the test. */
export interface TestConnector {
  readonly identity: ReturnType<typeof testKey>;
  readonly operator: ReturnType<typeof testKey>;
  readonly ledger: ReturnType<typeof testKey>;
  readonly certificate: string;
}

export async function testConnector(): Promise<TestConnector> {
  const [identity, operator, ledger] = [testKey(), testKey(), testKey()];
  const certificate = await signCertificate(operator, {
    operatorName: 'Test operator',
    key: identity.publicKey,
    ledgerKey: ledger.publicKey,
    connectorName: 'Test connector',
    serial: randomBytes(16),
    notBefore: 0,
    notAfter: 0,
  });
  return { identity, operator, ledger, certificate };
}

export function openTestLedger(
  store: LedgerStore,
  connector: TestConnector,
  clock: Clock,
  onFailed: (reason: string) => void = () => undefined,
): Promise<LedgerWriter> {
  return openLedger({
    store,
    signer: { publicKey: connector.ledger.publicKey, sign: connector.ledger.signNow },
    clock,
    run: random(16),
    start: { jws: connector.certificate, data: { software: 'test' } },
    yieldToInput: () => Promise.resolve(),
    onFailed,
  });
}

export interface Member {
  readonly key: Signer;
  readonly join: string;
}

/** Plays a meeting into a ledger, every message signed by whom it has to be signed by. */
export class Story {
  readonly meeting: TestMeeting;
  readonly members: Member[];
  readonly bridge = random(16);
  readonly host: TestHost;
  readonly #connector: TestConnector;
  readonly #ledger: LedgerWriter;
  epoch = 1;
  grant = '';
  #holds = false;
  #legs: RosterBridge['legs'] = [];

  private constructor(ledger: LedgerWriter, connector: TestConnector, meeting: TestMeeting) {
    this.#ledger = ledger;
    this.#connector = connector;
    this.meeting = meeting;
    this.members = [
      { key: meeting.host, join: random(16) },
      { key: testKey(), join: random(16) },
    ];
    this.host = testHost(meeting);
  }

  static async begin(ledger: LedgerWriter, connector: TestConnector): Promise<Story> {
    const meeting = await testMeeting([random(32)]);
    const story = new Story(ledger, connector, meeting);
    await story.write({
      type: 'registration-seen',
      data: { registration: toBase64url(meeting.registration) },
    });
    await story.roster();
    return story;
  }

  async write(...entries: Omit<NewEntry, 'meeting'>[]): Promise<number> {
    const written = await this.#ledger.append(
      entries.map((entry) => ({ ...entry, meeting: this.meeting.id })),
    );
    if (!written.ok) throw new Error(written.reason);
    // A test that reads the file now finds the checkpoint signed.
    await new Promise((turn) => setImmediate(turn));
    return written.value.firstSeq;
  }

  /** The host's signed list, as things stand. */
  async roster(over: Partial<Payload<'roster'>> = {}): Promise<string> {
    const body = {
      epoch: this.epoch,
      locked: false,
      members: this.members.map(({ key, join }) => ({ key: toBase64url(key.publicKey), join })),
      bridges: [
        {
          key: toBase64url(this.#connector.identity.publicKey),
          join: this.bridge,
          state: this.#holds ? ('granted' as const) : ('waiting' as const),
          ask: '',
          request: '',
          grant: this.grant,
          holds: this.#holds,
          audio: 'both' as const,
          legs: this.#legs,
        },
      ],
      private: random(32),
    };
    const jws = await this.host.sign('roster', body, over);
    const hash = (await messageHash(jws, this.meeting.host.publicKey))!;
    await this.write({ type: 'roster', jws, data: { term: 1, epoch: this.epoch, hash } });
    return hash;
  }

  async request(callers: readonly { readonly leg: string; readonly label: string }[]): Promise<string> {
    const salted = callers.map(({ leg, label }) => ({ leg, salt: random(16), value: label }));
    const commitments = salted.map(({ leg, salt, value }) => ({
      leg,
      label: personalCommitment(fromBase64url(salt)!, value),
    }));
    const { identity, certificate } = this.#connector;
    const jws = await signMessage(identity, 'bridge-request', {
      v: 1,
      meeting: this.meeting.id,
      instance: this.meeting.instance,
      join: this.bridge,
      term: 1,
      key: toBase64url(identity.publicKey),
      certificate,
      revocations: 0,
      hpke: random(1216),
      n: 1,
      purpose: 'phone-callers',
      version: '0.1.0',
      scope: { audio: 'both', legs: 'each', next: 0, until: 0 },
      transports: 'any',
      callers: commitments,
      nonce: random(16),
      code: random(32),
    });
    const request = (await messageHash(jws, identity.publicKey))!;
    await this.write({
      type: 'request',
      bridge: this.bridge,
      jws,
      data: { request, legs: callers.map(({ leg }) => leg) },
      personal: salted.map(({ leg, salt, value }) => ({ name: 'label', leg, salt, value })),
    });
    return request;
  }

  async grantTo(
    request: string,
    legs: readonly string[],
    over: Partial<Payload<'grant'>> = {},
  ): Promise<string> {
    this.epoch += 1;
    const jws = await this.host.grant({ request, epoch: this.epoch, legs, ...over });
    this.grant = (await messageHash(jws, this.meeting.host.publicKey))!;
    const data = { request, grant: this.grant, term: 1, epoch: this.epoch };
    await this.write({ type: 'grant', bridge: this.bridge, jws, data });
    return this.grant;
  }

  async openKey(): Promise<void> {
    const { grant, epoch, bridge } = this;
    await this.write({ type: 'key-opened', bridge, data: { grant, term: 1, epoch, suite: 'x-wing' } });
    const jws = await signMessage(this.#connector.identity, 'receipt', {
      v: 1,
      meeting: this.meeting.id,
      instance: this.meeting.instance,
      join: bridge,
      answers: grant,
      did: 'opened',
      reason: '',
      epoch,
      legs: [],
      index: 0,
      path: [],
      checkpoint: '',
    });
    await this.write({ type: 'receipt', bridge, jws, data: { answers: grant, did: 'opened' } });
  }

  async join(leg: string): Promise<void> {
    await this.write({ type: 'leg-joined', bridge: this.bridge, leg, data: { grant: this.grant } });
  }

  async leave(leg: string): Promise<void> {
    await this.write({ type: 'leg-left', bridge: this.bridge, leg });
  }

  /** The host's list with the bridge as key holder and these legs admitted. */
  async listHolder(legs: readonly string[]): Promise<string> {
    this.#holds = true;
    this.#legs = legs.map((leg) => ({ leg, label: random(32), state: 'admitted' }));
    return this.roster();
  }

  /** Revocation, new epoch, list without the bridge as holder. */
  async revoke(): Promise<string> {
    this.epoch += 1;
    this.#holds = false;
    this.#legs = [];
    const jws = await this.host.sign('revocation', {
      rank: 0,
      bridge: toBase64url(this.#connector.identity.publicKey),
      grant: this.grant,
      reason: 'revoked',
      epoch: this.epoch,
    });
    await this.write({ type: 'revoked', bridge: this.bridge, jws, data: { term: 1, epoch: this.epoch } });
    return this.roster();
  }

  async switched(
    member: Member,
    roster: string,
    rotation: 'confirmed' | 'asked' = 'confirmed',
  ): Promise<void> {
    const jws = await signMessage(member.key, 'switched', {
      v: 1,
      meeting: this.meeting.id,
      instance: this.meeting.instance,
      join: member.join,
      epoch: this.epoch,
      roster,
      rotation,
    });
    await this.write({ type: 'switched', jws, data: { epoch: this.epoch } });
  }

  /** The member's cosignature of the ledger as it stands. */
  async witnessed(member: Member, over: Partial<Payload<'witness'>> = {}): Promise<string> {
    const { ledger, identity } = this.#connector;
    const grown = await this.#ledger.consistency([]);
    if (!grown.ok) throw new Error(grown.reason);
    const checkpoint = over.checkpoint ?? grown.value.checkpoint;
    const head = await openCheckpoint(checkpoint, ledger.publicKey);
    if (!head.ok) throw new Error(head.reason);
    const time = 1_800_000_000;
    const what = { origin: await ledgerOrigin(ledger.publicKey), head: head.value, time };
    const jws = await signMessage(member.key, 'witness', {
      v: 1,
      meeting: this.meeting.id,
      instance: this.meeting.instance,
      join: member.join,
      key: toBase64url(member.key.publicKey),
      bridge: toBase64url(identity.publicKey),
      checkpoint,
      time,
      signature: toBase64url(await cosign(member.key, what)),
      ...over,
    });
    const by = await thumbprint(member.key.publicKey);
    await this.write({ type: 'witnessed', bridge: this.bridge, jws, data: { size: head.value.size, by } });
    return checkpoint;
  }

  async destroyKey(): Promise<void> {
    await this.write(
      { type: 'gate-closed', bridge: this.bridge, data: { reason: 'revoked' } },
      { type: 'key-destroyed', bridge: this.bridge, data: { epoch: this.epoch, reason: 'revoked' } },
    );
  }
}

export interface PlayedCall {
  readonly story: Story;
  readonly leg: string;
  /** By the clock: the grant, and the last member's switch after the revocation. */
  readonly from: number;
  readonly to: number;
}

/** A whole call: asked, granted, heard for a minute, revoked, locked out by everybody's switch after 400 ms. */
export async function playCall(
  ledger: LedgerWriter,
  connector: TestConnector,
  clock: HandClock,
): Promise<PlayedCall> {
  const story = await Story.begin(ledger, connector);
  const leg = random(16);
  clock.move(1_000);
  const request = await story.request([{ leg, label: 'Caller on +49 30 ···· 123' }]);
  clock.move(2_000);
  const from = clock.wallMs();
  await story.grantTo(request, [leg]);
  await story.openKey();
  clock.move(100);
  await story.listHolder([leg]);
  await story.join(leg);
  clock.move(60_000);
  await story.witnessed(story.members[0]!);
  const roster = await story.revoke();
  clock.move(50);
  await story.leave(leg);
  await story.destroyKey();
  clock.move(350);
  const to = clock.wallMs();
  for (const member of story.members) await story.switched(member, roster);
  clock.move(1_000);
  for (const member of story.members) await story.witnessed(member);
  return { story, leg, from, to };
}
