import { isTextList } from './canonical.ts';
import type { Findings } from './findings.ts';
import { dataCount, dataText, type Leaf } from './leaf.ts';
import { meetingKeys, objectsOf, type MeetingKeys, type Signed } from './meeting.ts';
import { countOf, textOf } from './message.ts';
import type { Primitives } from './primitives.ts';

/**
 * The chain of consent in each meeting: request, answer, key, revocation, legs. What holds is handed on, leaf by leaf, to
 * whoever computes who could hear.
 */
export interface ConsentCheck {
  leaf(leaf: Leaf, identityKey: Uint8Array | null): void;
  end(): void;
}

export type OnLeaf = (leaf: Leaf, signed: Signed | null) => void;

interface Request {
  readonly bridge: string;
  readonly legs: ReadonlySet<string>;
  readonly run: string;
  answered: boolean;
  grant: Grant | null;
}

interface Grant {
  readonly bridge: string;
  readonly seq: number;
  readonly anyLeg: boolean;
  /** How many legs may still be let in without a click. */
  next: number;
  readonly legs: Set<string>;
  /** Epochs sealed under it, as term.epoch. */
  readonly sealed: Set<string>;
  revoked: boolean;
  receipt: boolean;
  opened: boolean;
}

interface MeetingState {
  readonly keys: MeetingKeys;
  readonly requests: Map<string, Request>;
  readonly grants: Map<string, Grant>;
  readonly grantsOfBridge: Map<string, Grant[]>;
  top: { readonly term: number; readonly epoch: number };
}

export function checkConsent(primitives: Primitives, findings: Findings, onLeaf: OnLeaf): ConsentCheck {
  const meetings = new Map<string, MeetingState>();
  const stateOf = (meeting: string): MeetingState => {
    const known = meetings.get(meeting);
    if (known !== undefined) return known;
    const made: MeetingState = {
      keys: meetingKeys(primitives, findings),
      requests: new Map(),
      grants: new Map(),
      grantsOfBridge: new Map(),
      top: { term: 0, epoch: 0 },
    };
    meetings.set(meeting, made);
    return made;
  };
  return {
    leaf(leaf, identityKey) {
      if (leaf.meeting === '') {
        onLeaf(leaf, null);
        return;
      }
      const state = stateOf(leaf.meeting);
      if (leaf.type === 'registration-seen') state.keys.register(leaf);
      const signed = state.keys.open(leaf, identityKey);
      new Step(state, findings, leaf, signed).take();
      onLeaf(leaf, signed);
    },
    end() {
      for (const { grants } of meetings.values()) {
        for (const grant of grants.values()) {
          if (grant.opened && !grant.receipt) findings.add('receipt-missing', grant.seq);
        }
      }
    },
  };
}

/** One leaf against what its meeting has come to. */
class Step {
  readonly #state: MeetingState;
  readonly #findings: Findings;
  readonly #leaf: Leaf;
  readonly #signed: Signed | null;

  constructor(state: MeetingState, findings: Findings, leaf: Leaf, signed: Signed | null) {
    this.#state = state;
    this.#findings = findings;
    this.#leaf = leaf;
    this.#signed = signed;
  }

  take(): void {
    const signed = this.#signed;
    if (signed !== null) this.#takeMessage(signed);
    if (this.#leaf.type === 'key-opened') this.#keyOpened();
    if (this.#leaf.type === 'leg-joined') this.#legJoined();
  }

  #takeMessage(signed: Signed): void {
    switch (signed.type) {
      case 'bridge-request':
        this.#request(signed);
        break;
      case 'grant':
        if (this.#answer(signed)) this.#grant(signed);
        break;
      case 'denial':
        this.#denial(signed);
        break;
      case 'rekey':
        this.#rekey(signed);
        break;
      case 'revocation':
        this.#revocation(signed);
        break;
      case 'leg-admission':
        this.#admission(signed);
        break;
      case 'receipt':
        this.#receipt(signed);
        break;
    }
  }

  #request({ name, payload }: Signed): void {
    const legs = objectsOf(payload['callers']).flatMap((caller) => textOf(caller, 'leg') ?? []);
    const { bridge, run } = this.#leaf;
    this.#state.requests.set(name, { bridge, legs: new Set(legs), run, answered: false, grant: null });
  }

  /** Whether the answer is to an open request of the same run: its HPKE key ended with the run. */
  #answer({ payload }: Signed): boolean {
    const request = this.#state.requests.get(textOf(payload, 'request') ?? '');
    if (request === undefined || request.run !== this.#leaf.run || request.bridge !== this.#leaf.bridge) {
      this.#findings.add('grant-unasked', this.#leaf.seq);
      return false;
    }
    if (request.answered) this.#findings.add('request-reused', this.#leaf.seq);
    request.answered = true;
    return true;
  }

  /** Any host's denial wins: after a grant it is a revocation, and no second answer. */
  #denial(signed: Signed): void {
    const grant = this.#state.requests.get(textOf(signed.payload, 'request') ?? '')?.grant;
    if (grant == null) this.#answer(signed);
    else grant.revoked = true;
  }

  #grant({ name, payload }: Signed): void {
    const { seq, bridge } = this.#leaf;
    const scope = objectsOf([payload['scope'] ?? {}])[0] ?? {};
    const legs = payload['legs'];
    const grant: Grant = {
      bridge,
      seq,
      anyLeg: scope['legs'] === 'any',
      next: countOf(scope, 'next') ?? 0,
      legs: new Set(isTextList(legs) ? legs : []),
      sealed: new Set([this.#seal(payload)]),
      revoked: false,
      receipt: false,
      opened: false,
    };
    this.#state.grants.set(name, grant);
    const request = this.#state.requests.get(textOf(payload, 'request') ?? '');
    if (request !== undefined) request.grant = grant;
    const others = this.#state.grantsOfBridge.get(bridge);
    if (others === undefined) this.#state.grantsOfBridge.set(bridge, [grant]);
    else others.push(grant);
  }

  #rekey({ payload }: Signed): void {
    const grant = this.#state.grants.get(textOf(payload, 'grant') ?? '');
    if (grant === undefined) this.#findings.add('key-without-grant', this.#leaf.seq);
    else grant.sealed.add(this.#seal(payload));
  }

  /** Notes the epoch of a sealed key. Several bridges may get the same one; none may get an older one. */
  #seal(payload: Signed['payload']): string {
    const term = countOf(payload, 'term') ?? 0;
    const epoch = countOf(payload, 'epoch') ?? 0;
    const { top } = this.#state;
    if (term < top.term || (term === top.term && epoch < top.epoch)) {
      this.#findings.add('epoch-not-fresh', this.#leaf.seq);
    } else {
      this.#state.top = { term, epoch };
    }
    return `${term}.${epoch}`;
  }

  #revocation({ payload }: Signed): void {
    const named = this.#state.grants.get(textOf(payload, 'grant') ?? '');
    const revoked = named === undefined ? (this.#state.grantsOfBridge.get(this.#leaf.bridge) ?? []) : [named];
    for (const grant of revoked) grant.revoked = true;
  }

  #admission({ payload }: Signed): void {
    const grant = this.#state.grants.get(textOf(payload, 'grant') ?? '');
    const legs = payload['legs'];
    if (grant === undefined || !isTextList(legs)) {
      this.#findings.add('leg-without-grant', this.#leaf.seq);
      return;
    }
    // One leaf a leg, all with the same message: what it lets in is counted once.
    const fresh = legs.filter((leg) => !grant.legs.has(leg));
    if (textOf(payload, 'by') === 'next') grant.next -= fresh.length;
    const unasked = textOf(payload, 'by') === 'any' && !grant.anyLeg;
    if (grant.next < 0 || unasked) this.#findings.add('leg-over-scope', this.#leaf.seq);
    for (const leg of fresh) grant.legs.add(leg);
  }

  #receipt({ payload }: Signed): void {
    const grant = this.#state.grants.get(textOf(payload, 'answers') ?? '');
    if (grant !== undefined) grant.receipt = true;
  }

  #keyOpened(): void {
    const leaf = this.#leaf;
    const grant = this.#state.grants.get(dataText(leaf, 'grant') ?? '');
    const epoch = `${dataCount(leaf, 'term') ?? '-'}.${dataCount(leaf, 'epoch') ?? '-'}`;
    if (grant?.bridge !== leaf.bridge || !grant.sealed.has(epoch)) {
      this.#findings.add('key-without-grant', leaf.seq);
      return;
    }
    if (grant.revoked) this.#findings.add('key-after-revocation', leaf.seq);
    grant.opened = true;
  }

  #legJoined(): void {
    const leaf = this.#leaf;
    const named = this.#state.grants.get(dataText(leaf, 'grant') ?? '');
    const grants = named === undefined ? (this.#state.grantsOfBridge.get(leaf.bridge) ?? []) : [named];
    if (!grants.some((grant) => grant.anyLeg || grant.legs.has(leaf.leg))) {
      this.#findings.add('leg-without-grant', leaf.seq);
    }
  }
}
