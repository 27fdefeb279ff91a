import { keyCheck, type KeyName } from './frame-opener.ts';

/**
 * What the meeting's data channel said in clear, read without the connector's code: who is in the meeting under which
 * key, which epochs there were, which of them were sealed to the bridge, and when it was locked out.
 */
export interface Sender {
  readonly role: 'host' | 'member' | 'bridge';
  /** As the meeting server names it. */
  readonly identity: string;
  /** Raw identity key and 16 join bytes. */
  readonly id: Buffer;
}

export interface Epoch extends KeyName {
  readonly kcv: string;
  sealedToBridge: boolean;
}

type Payload = Readonly<Record<string, unknown>>;

const decode = (text: unknown): Buffer => Buffer.from(typeof text === 'string' ? text : '', 'base64url');

export class Transcript {
  readonly senders = new Map<string, Sender>();
  readonly epochs = new Map<string, Epoch>();
  /** The first epoch that a revoked bridge does not get; the highest one named. */
  lockOutEpoch: number | null = null;
  readonly #hostKey: Buffer;

  /** `registration`: the JSON bytes whose SHA-256 is the meeting's id. */
  constructor(registration: Buffer) {
    const { hosts } = JSON.parse(registration.toString('utf8')) as { readonly hosts: readonly string[] };
    this.#hostKey = decode(hosts[0]);
  }

  /** One packet of the data channel: a JWS, then parts beside it behind `~`. */
  add(packet: Buffer): void {
    const [header = '', payload = ''] = (packet.toString('latin1').split('~')[0] ?? '').split('.');
    const { typ } = JSON.parse(decode(header).toString('utf8')) as { readonly typ: string };
    this.#message(typ.split('/').at(-1) ?? '', JSON.parse(decode(payload).toString('utf8')) as Payload);
  }

  /** The meeting keys among `candidates`, by the check values of the epochs. */
  keys(candidates: readonly Buffer[]): readonly { readonly mk: Buffer; readonly epoch: Epoch }[] {
    return [...this.epochs.values()].flatMap((epoch) => {
      const mk = candidates.find((candidate) => keyCheck(candidate, epoch) === epoch.kcv);
      return mk === undefined ? [] : [{ mk, epoch }];
    });
  }

  #message(type: string, payload: Payload): void {
    if (type === 'instance-start') this.#sender('host', this.#hostKey, payload.join);
    if (type === 'hello') this.#sender('member', decode(payload.key), payload.join);
    if (type === 'bridge-hello' || type === 'bridge-request') {
      this.#sender('bridge', decode(payload.key), payload.join);
    }
    if (typeof payload.epoch !== 'number') return;
    if (type === 'revocation') this.lockOutEpoch = Math.max(this.lockOutEpoch ?? 0, payload.epoch);
    if (typeof payload.kcv !== 'string') return;
    const name = `${String(payload.instance)}/${payload.epoch}`;
    const known = this.epochs.get(name);
    const sealedToBridge = type === 'grant' || type === 'rekey';
    if (known !== undefined) known.sealedToBridge ||= sealedToBridge;
    else {
      const { epoch, kcv } = payload;
      this.epochs.set(name, { instance: decode(payload.instance), epoch, kcv, sealedToBridge });
    }
  }

  #sender(role: Sender['role'], key: Buffer, join: unknown): void {
    const identity = `p-${String(join)}`;
    this.senders.set(identity, { role, identity, id: Buffer.concat([key, decode(join)]) });
  }
}
