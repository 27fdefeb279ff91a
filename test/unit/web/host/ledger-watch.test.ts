import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toBase64url, utf8 } from '../../../../src/base/bytes.ts';
import { peekMessage } from '../../../../src/consent/messages/jws.ts';
import { identityOf } from '../../../../src/consent/messages/key-schedule.ts';
import { parsePacket } from '../../../../src/consent/messages/packet.ts';
import { timing } from '../../../../src/consent/timing.ts';
import { checkpointSigner } from '../../../../src/ledger/checkpoint.ts';
import { leafHash, type Hash } from '../../../../src/ledger/merkle.ts';
import { LedgerWatch } from '../../../../src/web/host/ledger-watch.ts';
import type { Store } from '../../../../src/web/host/session.ts';
import { manualClock } from '../../../support/clock.ts';
import { testKey } from '../../../support/consent-peers.ts';
import { seededRandom, text } from '../../../support/consent-samples.ts';
import { growthPath, treeRoot } from '../../../support/consent-vault.ts';

const ledger = testKey();
const connector = testKey();
const device = testKey();
const note = checkpointSigner({ publicKey: ledger.publicKey, sign: ledger.signNow });
const join = text('bridge', 16);
const instance = text('instance', 16);
const size = 24;

/** One history, and others that part from it at some leaf. */
const history = (name: string, from: number): Hash[] =>
  Array.from({ length: size }, (_, i) => leafHash(utf8(i < from ? `leaf ${i}` : `leaf ${i} of ${name}`)));
const histories = [history('', size), history('b', 3), history('c', 9), history('d', 17)];

interface Step {
  /** Which history the connector shows, and how much of it. */
  readonly of: number;
  readonly at: number;
  readonly how: 'answer' | 'announce' | 'again' | 'without-proof' | 'new-meeting';
}

const step: fc.Arbitrary<Step> = fc.record({
  of: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 3 }) }),
  at: fc.integer({ min: 1, max: size }),
  how: fc.constantFrom('answer', 'answer', 'announce', 'again', 'without-proof', 'new-meeting'),
});

function memory(): Store {
  const values = new Map<string, Uint8Array>();
  return {
    get: (name) => Promise.resolve(values.get(name) ?? null),
    set: (name, value) => Promise.resolve(void values.set(name, value)),
  };
}

/** Whether a tree of `b` leaves of one history begins with one of `a` leaves of another. */
const grows = (of: readonly [number, number], to: readonly [number, number]): boolean =>
  of[1] <= to[1] &&
  Buffer.from(treeRoot(histories[of[0]]!.slice(0, of[1]))).equals(
    treeRoot(histories[to[0]]!.slice(0, of[1])),
  );

async function play(steps: readonly Step[]): Promise<{ forks: number }> {
  const store = memory();
  const clock = manualClock();
  let asked: { sizes: readonly number[]; nonce: string } | null = null;
  let forks = 0;
  const begin = async (): Promise<LedgerWatch> => {
    const watch = new LedgerWatch({
      store,
      clock,
      random: seededRandom(`nonces ${clock.monoMs()}`),
      device,
      meetingId: text('meeting', 32),
      join: text('member', 16),
      send(bytes) {
        const packet = parsePacket(bytes);
        const peeked = packet.ok ? peekMessage(packet.value.jws) : null;
        if (peeked?.ok === true && peeked.value.type === 'ledger-ask') asked = peeked.value.payload;
      },
      collectors: () => [],
      onFork: () => void (forks += 1),
    });
    watch.begin(instance);
    await watch.follow({ key: connector.publicKey, join, ledgerKey: ledger.publicKey });
    return watch;
  };
  let watch = await begin();
  /** What this client accepted last: everything after has to begin with it. */
  let accepted: readonly [number, number] | null = null;
  let old: Parameters<LedgerWatch['onState']>[0] | null = null;
  for (const { of, at, how } of steps) {
    clock.advance(2_000);
    if (how === 'new-meeting') watch = await begin();
    else if (how === 'again') {
      if (old !== null) await watch.onState(old);
    } else {
      await watch.demand(join);
      const hashes = histories[of]!.slice(0, at);
      const sizes = how === 'without-proof' ? [] : [...asked!.sizes].filter((n) => n <= at);
      const proofs = sizes.map((n) => ({ size: n, path: growthPath(n, hashes).map((h) => toBase64url(h)) }));
      const nonces = how === 'announce' ? [] : [asked!.nonce];
      const checkpoint = note(at, treeRoot(hashes));
      old = { v: 1, meeting: text('meeting', 32), instance, join, nonces, checkpoint, proofs };
      const before = watch.state(join);
      await watch.onState(old);
      const fits = accepted === null || grows(accepted, [of, at]);
      const proven = how !== 'without-proof' || accepted === null;
      if (before !== 'fork' && how !== 'announce') {
        // An answer is believed exactly where it continues what was seen before.
        expect(watch.state(join)).toBe(
          !fits || !proven ? 'fork' : watch.state(join) === 'first-seen' ? 'first-seen' : 'consistent',
        );
        if (fits && proven) accepted = [of, at];
      } else if (before !== 'fork' && fits && accepted !== null) {
        accepted = [of, at];
      }
    }
    // Nothing is named to others that was not proven to continue it, whatever came in between.
    const [head] = watch.heads();
    if (head !== undefined && accepted !== null) {
      expect(head.size).toBe(accepted[1]);
      expect(head.root).toBe(toBase64url(treeRoot(histories[accepted[0]]!.slice(0, accepted[1]))));
    }
  }
  return { forks };
}

it('a client believes a connector exactly as long as each proven checkpoint continues the one before', async () => {
  let forked = 0;
  let quiet = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const { forks } = await play(steps);
      if (forks > 0) forked += 1;
      else quiet += 1;
    }),
    { numRuns: 80 },
  );
  // Both must have had their chance.
  expect(Math.min(forked, quiet)).toBeGreaterThan(0);
});

it('what was sent before and is sent again changes nothing and accuses nobody', async () => {
  const again: Step = { of: 0, at: 1, how: 'again' };
  const steps: Step[] = [
    { of: 0, at: 5, how: 'answer' },
    again,
    { of: 0, at: 9, how: 'answer' },
    again,
    { of: 0, at: 9, how: 'new-meeting' },
    again,
    { of: 0, at: 12, how: 'answer' },
  ];
  expect(await play(steps)).toEqual({ forks: 0 });
});

it('cosigns what is announced to the bridge and to who collects, at a moment of its own, a fork to everybody', async () => {
  const clock = manualClock();
  const sent: { readonly type: string; readonly to: readonly string[] | undefined; readonly at: number }[] =
    [];
  let nonce = '';
  const watch = new LedgerWatch({
    store: memory(),
    clock,
    random: (length) => new Uint8Array(length).fill(128),
    device,
    meetingId: text('meeting', 32),
    join: text('member', 16),
    send(bytes, to) {
      const packet = parsePacket(bytes);
      const peeked = packet.ok ? peekMessage(packet.value.jws) : null;
      if (peeked?.ok !== true) throw new Error('no message');
      if (peeked.value.type === 'ledger-ask') nonce = peeked.value.payload.nonce;
      else sent.push({ type: peeked.value.type, to, at: clock.monoMs() });
    },
    collectors: () => ['host'],
    onFork: () => undefined,
  });
  const show = async (at: number, from: number, nonces: readonly string[], of = 0): Promise<void> => {
    const hashes = histories[of]!.slice(0, at);
    const proofs = [{ size: from, path: growthPath(from, hashes).map((h) => toBase64url(h)) }];
    const checkpoint = note(at, treeRoot(hashes));
    await watch.onState({ v: 1, meeting: text('meeting', 32), instance, join, nonces, checkpoint, proofs });
  };
  watch.begin(instance);
  await watch.follow({ key: connector.publicKey, join, ledgerKey: ledger.publicKey });
  await show(4, 4, [nonce]);
  const announcedAt = clock.monoMs();
  await show(6, 4, []);
  // A further announcement does not put it off.
  clock.advance(timing.cosignSpread / 2 - 1);
  await show(7, 6, []);
  expect(sent).toEqual([]);
  clock.advance(1);
  await watch.tick();
  const to = [identityOf(join), 'host'];
  expect(sent).toEqual([{ type: 'witness', to, at: announcedAt + timing.cosignSpread / 2 }]);

  watch.claimed(toBase64url(connector.publicKey), {
    size: 20,
    root: Uint8Array.from(treeRoot(histories[3]!.slice(0, 20))),
  });
  clock.advance(2 * timing.askClaim);
  await watch.tick();
  await show(22, 7, [nonce]);
  expect(watch.state(join)).toBe('fork');
  expect(sent.slice(1).map((one) => one.to)).toEqual([undefined]);
});
