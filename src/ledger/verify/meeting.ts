import {
  isObject,
  isText,
  isTextList,
  readCanonicalObject,
  type Value,
  type ValueObject,
} from './canonical.ts';
import type { Findings } from './findings.ts';
import { dataTexts, type Leaf } from './leaf.ts';
import { countOf, isSignedBy, keyOf, messageName, readMessage, textOf, type MessageRead } from './message.ts';
import { bytesOfText, fromBase64url, isSoundKey, toBase64url, type Primitives } from './primitives.ts';

/** A message whose signature holds under the key that it had to be made with. */
export interface Signed {
  readonly type: string;
  readonly payload: ValueObject;
  readonly name: string;
  /** base64url of the raw key. */
  readonly key: string;
}

/** Which message a leaf of each type holds, whose it is, and whether it has to be there. */
interface Holds {
  readonly message: string;
  readonly from: 'host' | 'co-host' | 'member' | 'connector';
  readonly required: boolean;
}

const holds: Readonly<Record<string, Holds>> = {
  'instance-start': { message: 'instance-start', from: 'host', required: true },
  'instance-end': { message: 'instance-end', from: 'host', required: true },
  request: { message: 'bridge-request', from: 'connector', required: true },
  grant: { message: 'grant', from: 'host', required: true },
  denial: { message: 'denial', from: 'host', required: true },
  decision: { message: 'decision', from: 'co-host', required: true },
  rekeyed: { message: 'rekey', from: 'host', required: true },
  roster: { message: 'roster', from: 'host', required: true },
  revoked: { message: 'revocation', from: 'host', required: true },
  switched: { message: 'switched', from: 'member', required: true },
  witnessed: { message: 'witness', from: 'member', required: true },
  receipt: { message: 'receipt', from: 'connector', required: true },
  'dial-requested': { message: 'dial-request', from: 'host', required: true },
  'leg-asked': { message: 'leg-request', from: 'connector', required: false },
  'leg-admitted': { message: 'leg-admission', from: 'host', required: false },
  'leg-refused': { message: 'leg-refusal', from: 'host', required: false },
  'leg-muted': { message: 'leg-revocation', from: 'host', required: false },
};

/** One meeting's keys: of the hosts by its registration, of the members by the lists that hosts signed. */
export interface MeetingKeys {
  /** The signed message of a leaf, or null: where it needs none, or where something is wrong with it, which is noted. */
  open(leaf: Leaf, identityKey: Uint8Array | null): Signed | null;
  register(leaf: Leaf): void;
  readonly hosts: readonly string[];
}

export function meetingKeys(primitives: Primitives, findings: Findings): MeetingKeys {
  return new Keys(primitives, findings);
}

class Keys implements MeetingKeys {
  readonly #primitives: Primitives;
  readonly #findings: Findings;
  readonly #members = new Map<string, Uint8Array>();
  /** Names of the messages of the latest instance by their number; a host may have only one for each. */
  #chain: { readonly instance: string; readonly names: Map<number, string> } = {
    instance: '',
    names: new Map(),
  };
  hosts: readonly string[] = [];

  constructor(primitives: Primitives, findings: Findings) {
    this.#primitives = primitives;
    this.#findings = findings;
  }

  register(leaf: Leaf): void {
    const bytes = fromBase64url(dataTexts(leaf, 'registration').join(''));
    const value = bytes === null ? null : readCanonicalObject(bytes);
    const hosts = value?.['hosts'];
    const matches = bytes !== null && toBase64url(this.#primitives.sha256(bytes)) === leaf.meeting;
    if (!matches || !isTextList(hosts) || hosts.length === 0 || !hosts.every(isHostKey)) {
      this.#findings.add('registration-mismatch', leaf.seq);
    } else {
      this.hosts = hosts;
    }
  }

  open(leaf: Leaf, identityKey: Uint8Array | null): Signed | null {
    const expected = holds[leaf.type];
    if (expected === undefined || (leaf.jws === '' && !expected.required)) return null;
    const message = this.#read(leaf, expected);
    if (message === null) return null;
    const key = this.#keyFor(leaf, message, expected.from, identityKey);
    if (key === null) return null;
    if (!isSignedBy(this.#primitives, message, key)) {
      this.#findings.add('message-signature', leaf.seq);
      return null;
    }
    const name = messageName(this.#primitives, message, key);
    const signed = { type: message.type, payload: message.payload, name, key: toBase64url(key) };
    if (expected.from === 'host') this.#follow(leaf, signed);
    if (message.type === 'roster') this.#learnMembers(message.payload);
    this.#compare(leaf, signed);
    return signed;
  }

  #read(leaf: Leaf, expected: Holds): MessageRead | null {
    if (leaf.jws === '') {
      this.#findings.add('message-missing', leaf.seq);
      return null;
    }
    const message = readMessage(leaf.jws);
    if (message === null) this.#findings.add('message-malformed', leaf.seq);
    else if (message.type !== expected.message) this.#findings.add('message-type', leaf.seq);
    else if (textOf(message.payload, 'meeting') !== leaf.meeting)
      this.#findings.add('message-misfiled', leaf.seq);
    else return message;
    return null;
  }

  #keyFor(
    leaf: Leaf,
    { payload }: MessageRead,
    from: Holds['from'],
    identityKey: Uint8Array | null,
  ): Uint8Array | null {
    if (from === 'host') return this.#hostKey(leaf, payload);
    if (from === 'co-host') return this.#coHostKey(leaf, payload);
    const join = textOf(payload, 'join') ?? '';
    if (from === 'member') {
      const key = this.#members.get(join);
      if (key === undefined) this.#findings.add('message-signer-unknown', leaf.seq);
      return key ?? null;
    }
    if (join !== leaf.bridge) {
      this.#findings.add('message-misfiled', leaf.seq);
      return null;
    }
    if (identityKey === null) this.#findings.add('message-signer-unknown', leaf.seq);
    return identityKey;
  }

  /** What any host may say names its rank; else term mod (number of hosts) is the rank of the host whose instance it is. */
  #hostKey(leaf: Leaf, payload: ValueObject): Uint8Array | null {
    if (this.hosts.length === 0) {
      this.#findings.add('registration-missing', leaf.seq);
      return null;
    }
    const rank = countOf(payload, 'rank') ?? this.#rankOfTerm(payload);
    const key = rank === null ? null : fromBase64url(this.hosts[rank] ?? '');
    if (key === null) this.#findings.add('message-malformed', leaf.seq);
    return key;
  }

  /** Named in the message, and one of the registration's. */
  #coHostKey(leaf: Leaf, payload: ValueObject): Uint8Array | null {
    const text = textOf(payload, 'key') ?? '';
    if (this.hosts.includes(text)) return fromBase64url(text);
    this.#findings.add('message-signer-unknown', leaf.seq);
    return null;
  }

  #rankOfTerm(payload: ValueObject): number | null {
    const term = countOf(payload, 'term');
    return term === null ? null : term % this.hosts.length;
  }

  /** What a host signs in its instance is numbered, and each message names the one before. A co-host's stands alone. */
  #follow(leaf: Leaf, { payload, name }: Signed): void {
    const rank = countOf(payload, 'rank');
    if (rank !== null && rank !== this.#rankOfTerm(payload)) return;
    const instance = textOf(payload, 'instance') ?? '';
    const seq = countOf(payload, 'seq');
    if (seq === null) {
      this.#findings.add('message-malformed', leaf.seq);
      return;
    }
    if (instance !== this.#chain.instance) this.#chain = { instance, names: new Map() };
    const { names } = this.#chain;
    const known = names.get(seq);
    if (known !== undefined && known !== name) this.#findings.add('host-equivocated', leaf.seq);
    const before = names.get(seq - 1);
    if (before !== undefined && before !== textOf(payload, 'prev'))
      this.#findings.add('host-chain-broken', leaf.seq);
    names.set(seq, name);
  }

  #learnMembers(payload: ValueObject): void {
    for (const member of objectsOf(payload['members'])) {
      const key = keyOf(member, 'key');
      const join = textOf(member, 'join');
      if (key !== null && join !== null) this.#members.set(join, key);
    }
  }

  /** What the connector wrote beside a message must be what the message says. */
  #compare(leaf: Leaf, { type, payload, name }: Signed): void {
    for (const [member, stated] of Object.entries(leaf.data)) {
      const said = payload[member];
      const comparable = isText(said) || typeof said === 'number' || typeof said === 'boolean';
      if (comparable && said !== '' && said !== stated)
        this.#findings.add('message-contradicted', leaf.seq, `In ${member}.`);
    }
    const own = leaf.data['hash'] ?? leaf.data[type === 'bridge-request' ? 'request' : type];
    if (isText(own) && own !== name) this.#findings.add('message-contradicted', leaf.seq, 'In its own hash.');
  }
}

const isHostKey = (text: string): boolean => isSoundKey(fromBase64url(text) ?? bytesOfText(''));

export const objectsOf = (value: Value | undefined): readonly ValueObject[] =>
  Array.isArray(value) ? value.filter((item: Value): item is ValueObject => isObject(item)) : [];
