import {
  isObject,
  isText,
  isTextList,
  readCanonicalObject,
  type Value,
  type ValueObject,
} from './canonical.ts';
import { checkDecisions } from './evidence-decisions.ts';
import { readLeaf } from './leaf.ts';
import { objectsOf } from './meeting.ts';
import { countOf, isSignedBy, keyOf, messageName, readMessage, textOf, type MessageRead } from './message.ts';
import { isCosignature, isSignedByLog, readNote, thumbprintOf } from './note.ts';
import { bytesOfText, fromBase64url, same, toBase64url, type Primitives } from './primitives.ts';
import { readRotation, withSuccessors, type Rotation } from './operators.ts';
import { isGrowth, isIncluded } from './proofs.ts';
import type { RememberedCheckpoint } from './structure.ts';

/**
 * What a host's client kept of one meeting: all that it signed, and what connectors and members answered. It can be checked
 * alone, and against a ledger: what a connector proved then has to be in its ledger now.
 */
export const evidenceFormat = 'latchkey-evidence';

export const evidenceTable = {
  'evidence-malformed': 'A line is not what a line of an evidence file is.',
  'evidence-cut': 'The client kept no more: the meeting was longer than the file.',
  'evidence-signature': 'A message is not signed by the key that it has to be signed by.',
  'evidence-operator':
    'A certificate is of an operator that the registration does not name, and that none of those went on as.',
  'evidence-untrusted':
    'The operator of a connector is not one that you trust, and none of those went on as it.',
  'evidence-decision':
    'A grant or admission names a decision of a co-host that is not there, or that says something else.',
  'evidence-equivocation': 'The host signed two different messages with one number.',
  'evidence-chain': 'A message of the host does not follow the one before it.',
  'evidence-receipt': 'A receipt does not prove that the ledger holds what the host signed.',
  'evidence-fork': 'The checkpoints that were shown in this meeting are not those of one ledger.',
  'evidence-witness': 'A cosignature is not over the checkpoint that it names.',
  'evidence-missing': 'The ledger does not hold a leaf that was proven to the host.',
  'evidence-foreign': 'The ledger is not one of those in this evidence.',
} as const;

export type EvidenceCode = keyof typeof evidenceTable;

export interface EvidenceFinding {
  readonly code: EvidenceCode;
  /** Line of the file, from 1; null where it is none. */
  readonly line: number | null;
  readonly text: string;
}

export interface EvidenceReport {
  readonly meeting: string;
  /** Thumbprints of the keys that may sign for this meeting. */
  readonly hosts: readonly string[];
  /** Thumbprints of the operators whose connectors were met, and what they signed to go on with. */
  readonly operators: readonly string[];
  readonly rotations: readonly Rotation[];
  readonly messages: number;
  /** Numbers in the host's chain that are not in the file: heartbeats, which say nothing that stays. */
  readonly leftOut: number;
  /** Receipts whose proof holds. */
  readonly proven: number;
  /** Decisions, refusals and revocations of co-hosts. */
  readonly decisions: number;
  readonly witnesses: number;
  readonly findings: readonly EvidenceFinding[];
  /** What each ledger, by the thumbprint of its key, can be held against. */
  readonly ledgers: ReadonlyMap<string, LedgerEvidence>;
}

export interface LedgerEvidence {
  readonly remembered: readonly RememberedCheckpoint[];
  /** Leaves that were proven to the host, by position. */
  readonly leaves: ReadonlyMap<number, string>;
}

interface Seen {
  readonly remembered: RememberedCheckpoint[];
  readonly leaves: Map<number, string>;
  /** Root by size. */
  readonly heads: Map<number, Uint8Array>;
}

export interface EvidenceOptions {
  /** Name of the file, for findings in a ledger. */
  readonly from: string;
  /** Thumbprints of ledger or operator keys that the reader trusts from elsewhere. Empty: the registration's word counts. */
  readonly trust?: readonly string[];
}

/** Null where the text is no evidence file. */
export function checkEvidence(
  primitives: Primitives,
  text: string,
  options: EvidenceOptions,
): EvidenceReport | null {
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const header = objectOf(head);
  const registration = fromBase64url(header === null ? '' : (textOf(header, 'registration') ?? ''));
  const registered = registration === null ? null : readCanonicalObject(registration);
  const hosts = registered?.['hosts'];
  const operators = registered?.['operators'];
  if (header?.['format'] !== evidenceFormat || header['version'] !== 1) return null;
  if (registration === null || !isTextList(hosts) || hosts.length === 0 || !isTextList(operators))
    return null;
  const meeting = toBase64url(primitives.sha256(registration));
  const check = new Check(primitives, { meeting, hosts, operators }, options);
  for (const [i, line] of lines.entries()) check.line(i + 2, line);
  return check.report();
}

interface Bridge {
  readonly key: Uint8Array;
  readonly ledgerKey: Uint8Array;
}

interface Registered {
  readonly meeting: string;
  readonly hosts: readonly string[];
  readonly operators: readonly string[];
}

/** An operator whose certificate somebody showed, and the ledger that it is for: judged at the end, when all rotations are known. */
interface Introduced {
  readonly line: number;
  readonly operator: string;
  readonly ledger: string;
}

class Check {
  readonly #primitives: Primitives;
  readonly #registered: Registered;
  readonly #options: EvidenceOptions;
  readonly #decisions = checkDecisions();
  readonly #findings: EvidenceFinding[] = [];
  readonly #bridges = new Map<string, Bridge>();
  readonly #members = new Map<string, Uint8Array>();
  readonly #introduced: Introduced[] = [];
  readonly #rotations = new Map<string, Rotation>();
  readonly #witnesses = new Set<string>();
  /** By instance: number to name. */
  readonly #chains = new Map<string, Map<number, string>>();
  readonly #sent = new Set<string>();
  readonly #ledgers = new Map<string, Seen>();
  #messages = 0;
  #proven = 0;
  #coHostWords = 0;
  #line = 0;

  constructor(primitives: Primitives, registered: Registered, options: EvidenceOptions) {
    this.#primitives = primitives;
    this.#registered = registered;
    this.#options = options;
  }

  line(number: number, text: string): void {
    this.#line = number;
    const value = objectOf(text);
    const jws = value === null ? null : textOf(value, 'jws');
    const message = jws === null ? null : readMessage(jws);
    if (value?.['kind'] === 'cut') this.#add('evidence-cut');
    else if (value === null || jws === null || message === null) this.#add('evidence-malformed');
    else if (textOf(message.payload, 'meeting') !== this.#registered.meeting) this.#add('evidence-malformed');
    else this.#message(message, jws, textOf(value, 'leaf'));
  }

  report(): EvidenceReport {
    this.#judgeOperators();
    for (const line of this.#decisions.unfounded()) this.#add('evidence-decision', '', line);
    const leftOut = [...this.#chains.values()].reduce(
      (sum, names) => sum + highest(names.keys()) + 1 - names.size,
      0,
    );
    return {
      meeting: this.#registered.meeting,
      hosts: this.#registered.hosts.map((key) =>
        thumbprintOf(this.#primitives, fromBase64url(key) ?? bytesOfText('')),
      ),
      operators: [...new Set(this.#introduced.map(({ operator }) => operator))],
      rotations: [...this.#rotations.values()],
      messages: this.#messages,
      leftOut,
      proven: this.#proven,
      decisions: this.#coHostWords,
      witnesses: this.#witnesses.size,
      findings: this.#findings,
      ledgers: this.#ledgers,
    };
  }

  #message(message: MessageRead, jws: string, leaf: string | null): void {
    const { payload, type } = message;
    this.#messages += 1;
    if (type === 'bridge-hello' || type === 'bridge-request') this.#introduce(payload);
    const isHost = payload['seq'] !== undefined;
    const key = this.#signer(message, isHost);
    if (key === null || !isSignedBy(this.#primitives, message, key)) {
      this.#add('evidence-signature', type);
      return;
    }
    if (isHost) this.#host(message, key, jws);
    else if (type === 'decision') this.#decision(message, key);
    else if (type === 'receipt') this.#receipt(payload, leaf);
    else if (type === 'ledger-state') this.#state(payload);
    else if (type === 'witness') this.#witness(payload, key);
  }

  #signer({ type, payload }: MessageRead, isHost: boolean): Uint8Array | null {
    const { hosts } = this.#registered;
    if (isHost)
      return fromBase64url(hosts[countOf(payload, 'rank') ?? this.#rankOfTerm(payload) ?? -1] ?? '');
    if (type === 'decision') {
      const key = textOf(payload, 'key') ?? '';
      return hosts.includes(key) ? fromBase64url(key) : null;
    }
    const join = textOf(payload, 'join') ?? '';
    return this.#bridges.get(join)?.key ?? this.#members.get(join) ?? null;
  }

  #rankOfTerm(payload: ValueObject): number | null {
    const term = countOf(payload, 'term');
    return term === null ? null : term % this.#registered.hosts.length;
  }

  /** The certificate says whose key and ledger it is; whether its operator may, `#judgeOperators` says. */
  #introduce(payload: ValueObject): void {
    const certificate = readMessage(textOf(payload, 'certificate') ?? '');
    const operator = certificate === null ? null : keyOf(certificate.payload, 'operator');
    if (certificate?.type !== 'certificate' || operator === null) return;
    const key = keyOf(certificate.payload, 'key');
    const ledgerKey = keyOf(certificate.payload, 'ledgerKey');
    if (key === null || ledgerKey === null || toBase64url(key) !== textOf(payload, 'key')) return;
    if (!isSignedBy(this.#primitives, certificate, operator)) return;
    const rotation = readRotation(this.#primitives, textOf(payload, 'rotation') ?? '');
    if (rotation !== null) this.#rotations.set(`${rotation.from} ${rotation.to}`, rotation);
    this.#introduced.push({
      line: this.#line,
      operator: thumbprintOf(this.#primitives, operator),
      ledger: thumbprintOf(this.#primitives, ledgerKey),
    });
    this.#bridges.set(textOf(payload, 'join') ?? '', { key, ledgerKey });
  }

  /** One finding an operator: its connectors say hello many times. */
  #judgeOperators(): void {
    const { trust = [] } = this.#options;
    const rotations = [...this.#rotations.values()];
    const registered = withSuccessors(this.#registered.operators, rotations);
    const trusted = withSuccessors(trust, rotations);
    const named = new Set<string>();
    for (const { line, operator, ledger } of this.#introduced) {
      if (named.has(operator)) continue;
      named.add(operator);
      if (!registered.has(operator)) this.#add('evidence-operator', operator, line);
      if (trust.length > 0 && !trusted.has(operator) && !trusted.has(ledger))
        this.#add('evidence-untrusted', operator, line);
    }
  }

  #decision(message: MessageRead, key: Uint8Array): void {
    this.#coHostWords += 1;
    this.#decisions.decided(messageName(this.#primitives, message, key), message.payload);
  }

  #host(message: MessageRead, key: Uint8Array, jws: string): void {
    const { payload } = message;
    const rank = countOf(payload, 'rank');
    if (rank !== null && rank !== this.#rankOfTerm(payload)) {
      // A co-host's own word stands alone: it has no number in the key host's chain.
      this.#coHostWords += 1;
      return;
    }
    const name = messageName(this.#primitives, message, key);
    const instance = textOf(payload, 'instance') ?? '';
    const seq = countOf(payload, 'seq') ?? 0;
    const names = this.#chains.get(instance) ?? new Map<number, string>();
    this.#chains.set(instance, names);
    const known = names.get(seq);
    const before = names.get(seq - 1);
    if (known !== undefined && known !== name) this.#add('evidence-equivocation');
    if (before !== undefined && before !== textOf(payload, 'prev')) this.#add('evidence-chain');
    names.set(seq, name);
    this.#sent.add(jws);
    this.#decisions.carriedOut(this.#line, payload);
    for (const member of objectsOf(payload['members'])) {
      const memberKey = keyOf(member, 'key');
      if (memberKey !== null) this.#members.set(textOf(member, 'join') ?? '', memberKey);
    }
  }

  #receipt(payload: ValueObject, leaf: string | null): void {
    if (payload['did'] !== 'opened') return;
    const bridge = this.#bridges.get(textOf(payload, 'join') ?? '');
    const head = bridge && this.#head(bridge, textOf(payload, 'checkpoint') ?? '');
    const path = pathOf(payload['path']);
    const index = countOf(payload, 'index');
    if (bridge === undefined || !head || leaf === null || path === null || index === null) {
      this.#add('evidence-receipt');
      return;
    }
    const bytes = bytesOfText(leaf);
    const read = readLeaf(bytes);
    const whole = typeof read !== 'string' && read.seq === index && this.#sent.has(read.jws);
    if (!whole || !isIncluded(this.#primitives, { leaf: bytes, index, path, ...head })) {
      this.#add('evidence-receipt');
      return;
    }
    this.#proven += 1;
    this.#seen(bridge).leaves.set(index, leaf);
  }

  #state(payload: ValueObject): void {
    const bridge = this.#bridges.get(textOf(payload, 'join') ?? '');
    if (bridge === undefined) return;
    const known = new Map(this.#seen(bridge).heads);
    const head = this.#head(bridge, textOf(payload, 'checkpoint') ?? '');
    if (head === null) return;
    for (const proof of objectsOf(payload['proofs'])) {
      const size = countOf(proof, 'size') ?? 0;
      const root = known.get(size);
      const path = pathOf(proof['path']);
      if (root === undefined) continue;
      if (path === null || !isGrowth(this.#primitives, { size, root }, head, path))
        this.#add('evidence-fork');
    }
  }

  #witness(payload: ValueObject, key: Uint8Array): void {
    const bridge = [...this.#bridges.values()].find((b) => toBase64url(b.key) === textOf(payload, 'bridge'));
    const note = readNote(textOf(payload, 'checkpoint') ?? '');
    const signature = fromBase64url(textOf(payload, 'signature') ?? '');
    const time = countOf(payload, 'time');
    if (bridge === undefined || note === null || signature?.length !== 64 || time === null) {
      this.#add('evidence-witness');
    } else if (!isCosignature(this.#primitives, note, { key, time, signature })) {
      this.#add('evidence-witness');
    } else if (this.#head(bridge, textOf(payload, 'checkpoint') ?? '') !== null) {
      this.#witnesses.add(toBase64url(key));
    }
  }

  #seen({ ledgerKey }: Bridge): Seen {
    const ledger = thumbprintOf(this.#primitives, ledgerKey);
    const known = this.#ledgers.get(ledger) ?? { remembered: [], leaves: new Map(), heads: new Map() };
    this.#ledgers.set(ledger, known);
    return known;
  }

  /** The head of a checkpoint that this ledger signed; two of one size with different roots are a fork. */
  #head(bridge: Bridge, text: string): { readonly size: number; readonly root: Uint8Array } | null {
    const note = readNote(text);
    if (note === null || !isSignedByLog(this.#primitives, note, bridge.ledgerKey)) {
      this.#add('evidence-signature', 'checkpoint');
      return null;
    }
    const { heads, remembered } = this.#seen(bridge);
    const known = heads.get(note.size);
    if (known !== undefined && !same(known, note.root)) this.#add('evidence-fork');
    if (known === undefined) remembered.push({ note: text, from: this.#options.from });
    heads.set(note.size, note.root);
    return note;
  }

  #add(code: EvidenceCode, detail = '', line = this.#line): void {
    const text = detail === '' ? evidenceTable[code] : `${evidenceTable[code]} (${detail})`;
    this.#findings.push({ code, line, text });
  }
}

function highest(numbers: Iterable<number>): number {
  let most = 0;
  for (const number of numbers) most = Math.max(most, number);
  return most;
}

function objectOf(line: string): ValueObject | null {
  try {
    const value = JSON.parse(line) as Value;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function pathOf(value: Value | undefined): Uint8Array[] | null {
  if (!Array.isArray(value)) return null;
  const nodes = value.map((item: Value) => (isText(item) ? fromBase64url(item) : null));
  const whole = nodes.filter((node) => node?.length === 32);
  return whole.length === nodes.length ? (whole as Uint8Array[]) : null;
}
