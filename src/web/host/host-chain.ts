import type { HostType, Payload } from '../../consent/messages/catalog.ts';
import { messageHash, signMessage, type Signer } from '../../consent/messages/jws.ts';
import { serialQueue } from '../../base/serial.ts';

export interface Issued {
  readonly jws: string;
  readonly hash: string;
}

/** What each message says of itself; the chain adds who, when and after what. */
export type Body<T extends HostType> = Omit<
  Payload<T>,
  'v' | 'meeting' | 'instance' | 'term' | 'seq' | 'prev'
>;

/** Everything that the host signs in one instance: numbered without gaps, each naming the one before. */
export class HostChain {
  readonly #signer: Signer;
  readonly #name: { readonly meeting: string; readonly instance: string; readonly term: number };
  readonly #onIssued: (type: HostType, jws: string) => void;
  readonly #queue = serialQueue();
  #seq = 0;
  #prev = '';

  constructor(
    signer: Signer,
    name: { readonly meeting: string; readonly instance: string; readonly term: number },
    onIssued: (type: HostType, jws: string) => void,
  ) {
    this.#signer = signer;
    this.#name = name;
    this.#onIssued = onIssued;
  }

  issue<T extends HostType>(type: T, body: Body<T>): Promise<Issued> {
    return this.#queue.run(async () => {
      const place = { v: 1, ...this.#name, seq: this.#seq, prev: this.#prev };
      const jws = await signMessage(this.#signer, type, { ...place, ...body } as unknown as Payload<T>);
      const hash = (await messageHash(jws, this.#signer.publicKey)) ?? '';
      this.#seq += 1;
      this.#prev = hash;
      this.#onIssued(type, jws);
      return { jws, hash };
    });
  }
}
