import type { Leaf } from './leaf.ts';
import { because } from './why.ts';

/**
 * When one bridge held a key with which it could hear, from what hosts and members signed:
 *
 *   silent --a grant, or a list that names it as key holder--> hearing
 *   hearing --a list of a later epoch without it--> locking out --all switched, or 10 s--> silent
 *
 * The connector's own word ends nothing that the host's people did not end. Where their word is missing, because the
 * connector crashed or left, the interval goes on to 10 s after the connector says that it was over, and is marked as not
 * proven.
 */
export interface Span {
  readonly from: Moment;
  /** Null while it lasts at the end of the log. */
  readonly to: Moment | null;
  /** Whether host and members, not the connector alone, ended it. */
  readonly endProven: boolean;
  readonly hear: boolean;
  readonly speak: boolean;
  readonly grant: string;
  /** base64url of the host's raw key. */
  readonly host: string;
}

export interface Moment {
  /** Wall clock of the connector, milliseconds since 1970. */
  readonly at: number;
  readonly seq: number;
  readonly why: string;
}

export interface Epoch {
  readonly term: number;
  readonly epoch: number;
}

export interface Sealing extends Epoch {
  readonly grant: string;
  readonly host: string;
  readonly hear: boolean;
  readonly speak: boolean;
}

export interface BridgeHearing {
  sealed(leaf: Leaf, sealing: Sealing): void;
  listed(
    leaf: Leaf,
    list: Epoch & { readonly holds: boolean; readonly host: string; readonly joins: readonly string[] },
  ): void;
  /** `asked`: an app that was asked to rotate and does not confirm it. Its word proves no end. */
  switched(leaf: Leaf, by: Epoch & { readonly join: string; readonly asked: boolean }): void;
  /** A host ended its instance: whoever hears no host any more stops sending within 10 s. */
  instanceEnded(leaf: Leaf): void;
  /** The connector says that its key is gone: believed only where nobody better says when. */
  stated(leaf: Leaf, why: string): void;
  /** Time passed: the log is at this leaf. */
  tick(leaf: Leaf): void;
  /** Nothing of this bridge can come any more, for instance after a crash. */
  over(leaf: Leaf, why: string): void;
  readonly spans: readonly Span[];
  /** What the last grant allowed. */
  readonly scope: { readonly hear: boolean; readonly speak: boolean };
  /** Whether it could hear at the end of what was read. */
  readonly lasting: boolean;
  /** At the end of the log. */
  finish(): void;
}

export const lockOutMs = 10_000;

interface LockOut extends Epoch {
  readonly leaf: Leaf;
  /** Join ids of those who still have to switch; null where nobody is asked to. */
  readonly waiting: Set<string> | null;
}

const isLater = (a: Epoch, b: Epoch): boolean => a.term > b.term || (a.term === b.term && a.epoch > b.epoch);
const isBefore = (a: Epoch, b: Epoch): boolean => isLater(b, a);

export function bridgeHearing(): BridgeHearing {
  const spans: Span[] = [];
  let open: Omit<Span, 'to' | 'endProven'> | null = null;
  let scope = { hear: true, speak: true };
  let top: Epoch = { term: 0, epoch: 0 };
  let lockOut: LockOut | null = null;
  let statedEnd: Moment | null = null;
  /** Whether an app took part that is only asked to rotate: then nothing proves that it did. */
  let asked = false;

  const close = (to: Moment | null, endProven: boolean): void => {
    if (open !== null) spans.push({ ...open, to, endProven });
    open = null;
    lockOut = null;
    statedEnd = null;
  };
  const lockedOut = (done: LockOut): void =>
    asked ? close({ ...deadlineOf(done), why: because.asked }, false) : close(deadlineOf(done), true);
  const expire = (leaf: Leaf): void => {
    if (lockOut === null) return;
    const { leaf: begun } = lockOut;
    // The monotonic clock counts within one run; from another run on, the wall clock is all there is.
    const passed = leaf.run === begun.run ? leaf.mono - begun.mono : leaf.at - begun.at;
    if (passed >= lockOutMs) lockedOut(lockOut);
  };

  const hearing: BridgeHearing = {
    get spans() {
      return spans;
    },
    get scope() {
      return scope;
    },
    get lasting() {
      return open !== null;
    },
    sealed(leaf, sealing) {
      expire(leaf);
      if (isLater(sealing, top)) top = { term: sealing.term, epoch: sealing.epoch };
      lockOut = null;
      statedEnd = null;
      const { grant, host, hear, speak } = sealing;
      scope = { hear, speak };
      // A change of scope is another span: what could be heard changes with it.
      if (open !== null && (open.hear !== hear || open.speak !== speak))
        close(momentOf(leaf, because.scope), true);
      open ??= { from: momentOf(leaf, because.grant), hear, speak, grant, host };
    },
    listed(leaf, list) {
      expire(leaf);
      if (list.holds) {
        if (isLater(list, top)) top = { term: list.term, epoch: list.epoch };
        // Named as a key holder without a recorded grant: the host's word counts.
        open ??= {
          from: momentOf(leaf, because.listed),
          hear: true,
          speak: true,
          grant: '',
          host: list.host,
        };
        if (lockOut !== null && !isBefore(list, lockOut)) lockOut = null;
      } else if (open !== null && lockOut === null && isLater(list, top)) {
        const waiting = new Set(list.joins);
        lockOut = { term: list.term, epoch: list.epoch, leaf, waiting };
        if (waiting.size === 0) close(momentOf(leaf, because.alone), true);
      }
    },
    switched(leaf, by) {
      expire(leaf);
      asked ||= by.asked;
      if (lockOut?.waiting == null || isBefore(by, lockOut)) return;
      lockOut.waiting.delete(by.join);
      if (lockOut.waiting.size > 0) return;
      if (asked) lockedOut(lockOut);
      else close(momentOf(leaf, because.switched), true);
    },
    instanceEnded(leaf) {
      expire(leaf);
      if (open !== null) lockOut ??= { ...top, leaf, waiting: null };
    },
    stated(leaf, why) {
      expire(leaf);
      if (open !== null) statedEnd ??= { at: leaf.at + lockOutMs, seq: leaf.seq, why };
    },
    tick: expire,
    over(leaf, why) {
      expire(leaf);
      if (open === null) return;
      if (lockOut !== null) lockedOut(lockOut);
      // A crash may have come before anything that was stated took effect: the later of both counts.
      else close({ at: leaf.at + lockOutMs, seq: leaf.seq, why }, false);
    },
    finish() {
      if (open === null) return;
      if (lockOut !== null) lockedOut(lockOut);
      else close(statedEnd, false);
    },
  };
  return hearing;
}

const deadlineOf = ({ leaf, waiting }: LockOut): Moment => ({
  at: leaf.at + lockOutMs,
  seq: leaf.seq,
  why: waiting === null ? because.instanceEnded : because.tenSeconds,
});

const momentOf = (leaf: Leaf, why: string): Moment => ({ at: leaf.at, seq: leaf.seq, why });
