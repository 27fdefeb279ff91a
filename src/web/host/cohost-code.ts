import type { Payload } from '../../consent/messages/catalog.ts';
import { codeCommitment, codeDigits } from '../../consent/messages/commitment.ts';
import { verifyMessage, type Verified } from '../../consent/messages/jws.ts';
import { bytesOfText } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';

/** Questions whose halves are kept. */
const maxKept = 16;

interface Halves {
  /** The host's half, of its signed challenge: the first one counts. */
  readonly challenge: string;
  digits: string | null;
}

/**
 * The bridge code as a co-host's client follows it: the host's challenge, then the bridge's reveal, which has to be what the
 * bridge's own signed request committed to. Whoever listens may know the digits; what counts is that both ends say the same.
 */
export class CoHostCodes {
  readonly #byRequest = new Map<string, Halves>();

  /** Of the key host, verified and in order. */
  challenged({ payload }: Verified<'code-challenge'>): void {
    if (this.#byRequest.has(payload.request)) return;
    this.#byRequest.set(payload.request, { challenge: payload.code, digits: null });
    const oldest = this.#byRequest.keys().next();
    if (this.#byRequest.size > maxKept && !oldest.done) this.#byRequest.delete(oldest.value);
  }

  /** True where there are digits now. `request`: the bridge's own, verified. */
  async revealed(
    jws: string,
    claimed: Payload<'code-reveal'>,
    { request, host }: { readonly request: Verified<'bridge-request'>; readonly host: string },
  ): Promise<boolean> {
    const halves = this.#byRequest.get(claimed.request);
    if (halves === undefined || halves.digits !== null || request.hash !== claimed.request) return false;
    const { key, code } = request.payload;
    const verified = await verifyMessage(jws, 'code-reveal', bytesOfText(key));
    if (!verified.ok || (await codeCommitment(bytesOfText(verified.value.payload.code))) !== code)
      return false;
    halves.digits = await codeDigits({
      request: request.hash,
      host,
      bridge: await thumbprint(bytesOfText(key)),
      nonceC: verified.value.payload.code,
      nonceH: halves.challenge,
    });
    return true;
  }

  digits(request: string): string | null {
    return this.#byRequest.get(request)?.digits ?? null;
  }

  /** A new instance asks anew. */
  reset(): void {
    this.#byRequest.clear();
  }
}
