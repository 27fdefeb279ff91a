import type { RunningSeen, RunningStage } from './stage.ts';

/** One thing that a hostile server does to the running connector. */
export interface RunningCase {
  readonly name: string;
  /** From before the phone calls on; unset: `play` says when. */
  readonly early?: string;
  play(stage: RunningStage): Promise<void>;
  /** How long after the revoke somebody may still be heard; unset: 1.5 s, of which most is the phone's and the mixers' buffers. */
  readonly tailMs?: number;
  /** What is seen at the end of `play`, or soon after it. */
  readonly sees: RunningSeen;
}

async function granted(stage: RunningStage): Promise<void> {
  await stage.asked();
  await stage.approve();
  await stage.together();
}

/** Long enough for what is not to be heard to be heard. */
const aWhile = 2_500;

/** The grant is given and received; who hears whom is what the case is about. */
async function heldForAWhile(stage: RunningStage): Promise<void> {
  await stage.asked();
  await stage.approve();
  await stage.card('holds-key');
  await stage.wait(aWhile);
}

export const runningCases: readonly RunningCase[] = [
  {
    name: 'withholds everything from the connector, from the revoke on',
    async play(stage) {
      await granted(stage);
      await stage.server.behave('withhold-from-connector');
      await stage.revoke();
      await stage.card('locked-out');
    },
    sees: {
      host: 'bridge locked-out; hears member',
      member: 'bridge locked-out; hears host',
      connector: 'gate open',
      caller: 'hears nobody; told “admitted”',
    },
  },
  {
    name: 'delivers everything three seconds late, from the revoke on',
    tailMs: 4_500,
    async play(stage) {
      await granted(stage);
      await stage.server.behave('late-by-three-seconds');
      await stage.revoke();
      await stage.card('locked-out');
      await stage.wait(aWhile);
    },
    sees: {
      host: 'bridge locked-out; hears member',
      member: 'bridge locked-out; hears host',
      connector: 'gate closed (revoked)',
      caller: 'hears nobody; told “revoked”',
    },
  },
  {
    name: 'keeps the grant back and delivers it after the revoke',
    async play(stage) {
      await stage.asked();
      await stage.server.behave('keep-grant');
      await stage.approve();
      await stage.wait(aWhile);
      await stage.revoke();
      await stage.card('locked-out');
      await stage.server.behave('deliver-kept-grant');
      await stage.wait(aWhile);
    },
    sees: {
      host: 'bridge locked-out; hears member',
      member: 'bridge locked-out; hears host',
      connector: 'gate never opened',
      caller: 'hears nobody; told “denied”',
    },
  },
  {
    name: 'replays everything that was ever said, and the host’s frames, after the revoke',
    async play(stage) {
      await granted(stage);
      await stage.revoke();
      await stage.card('locked-out');
      await stage.server.behave('replay-everything');
      await stage.wait(aWhile);
    },
    sees: {
      host: 'bridge locked-out; hears member',
      member: 'bridge locked-out; hears nobody',
      connector: 'gate closed (revoked)',
      caller: 'hears nobody; told “revoked”',
    },
  },
  {
    name: 'answers a new request with the grant of the one before',
    async play(stage) {
      await granted(stage);
      await stage.revoke();
      await stage.card('locked-out');
      await stage.askAgain();
      await stage.asked();
      await stage.server.behave('deliver-kept-grant');
      await stage.wait(aWhile);
    },
    sees: {
      host: 'bridge asking; asked; hears member',
      member: 'bridge asking; hears host',
      connector: 'gate closed (revoked)',
      caller: 'hears nobody; told “revoked”',
    },
  },
  {
    name: 'delivers each half second backwards, from the grant to the revoke',
    tailMs: 3_000,
    async play(stage) {
      await granted(stage);
      await stage.server.behave('backwards');
      await stage.wait(aWhile);
      await stage.revoke();
      await stage.card('locked-out');
      await stage.wait(aWhile);
    },
    sees: {
      host: 'bridge locked-out; hears member',
      member: 'bridge locked-out; hears host',
      connector: 'gate closed (revoked)',
      caller: 'hears nobody; told “revoked”',
    },
  },
  {
    name: 'puts its own key into the connector’s request',
    early: 'own-key-in-request',
    play: (stage) => stage.wait(2 * aWhile),
    sees: {
      host: 'bridge waiting; hears member',
      member: 'bridge waiting; hears host',
      connector: 'gate never opened',
      caller: 'hears nobody',
    },
  },
  {
    name: 'asks in the connector’s place, certified by an operator of its own',
    early: 'ask-in-its-place',
    play: (stage) => stage.wait(2 * aWhile),
    sees: {
      host: 'bridge waiting; hears member',
      member: 'bridge waiting; hears host',
      connector: 'gate never opened',
      caller: 'hears nobody',
    },
  },
  {
    name: 'widens a grant under its signature',
    async play(stage) {
      await stage.asked();
      await stage.server.behave('widen-grant');
      await stage.approve();
      await stage.card('locked-out');
    },
    sees: {
      host: 'bridge locked-out; hears member; alarm no-receipt',
      member: 'bridge locked-out; hears host; alarm bad-signature, grant-unverified',
      connector: 'gate never opened',
      caller: 'hears nobody',
    },
  },
  {
    name: 'stamps the connector’s packets with the member’s name, and the member’s with the connector’s',
    early: 'swap-names-of-packets',
    play: (stage) => stage.wait(2 * aWhile),
    sees: {
      host: 'no bridge; hears nobody',
      member: 'no bridge; hears nobody',
      connector: 'gate never opened',
      caller: 'hears nobody',
    },
  },
  {
    name: 'splits the meeting: from the revoke on the connector and the member hear nothing of the host',
    // The member hears of no host and stops by itself after 10 s (docs/protocol.md §8).
    tailMs: 12_000,
    async play(stage) {
      await granted(stage);
      await stage.server.behave('split');
      await stage.revoke();
      await stage.card('locked-out');
      await stage.wait(aWhile);
    },
    sees: {
      host: 'bridge locked-out; hears nobody',
      member: 'bridge holds-key; hears nobody',
      connector: 'gate open',
      caller: 'hears nobody; told “admitted”',
    },
  },
  {
    name: 'tells the connector that the host is the member, and the member the host',
    early: 'swap-names-of-people',
    async play(stage) {
      await heldForAWhile(stage);
    },
    sees: {
      host: 'bridge holds-key; hears member, caller',
      member: 'bridge holds-key; hears host, caller',
      connector: 'gate open',
      caller: 'hears nobody; told “admitted”',
    },
  },
  {
    name: 'tells the connector that the host’s track is not encrypted',
    early: 'unflag-host',
    async play(stage) {
      await heldForAWhile(stage);
    },
    sees: {
      host: 'bridge holds-key; hears member, caller',
      member: 'bridge holds-key; hears host, caller',
      connector: 'gate open; alarm plaintext-track',
      caller: 'hears member; told “admitted”',
    },
  },
  {
    name: 'passes sound in the clear as the host’s, on a track that is flagged as encrypted',
    async play(stage) {
      await granted(stage);
      await stage.server.behave('plain-sound');
      await stage.wait(aWhile);
    },
    sees: {
      host: 'bridge holds-key; hears member, caller',
      member: 'bridge holds-key; hears caller',
      connector: 'gate open; alarm plaintext-frame',
      caller: 'hears member; told “admitted”',
    },
  },
];
