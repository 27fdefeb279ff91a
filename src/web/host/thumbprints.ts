import { bytesOfText } from '../../consent/messages/key-schedule.ts';
import { thumbprint } from '../../consent/messages/keys.ts';

/** Of everybody who can be in a meeting, several times over. */
const most = 256;

/** Thumbprints of the keys in a roster: a page draws them all at every change, and a hash each time is most of its work. */
export class Thumbprints {
  readonly #known = new Map<string, Promise<string>>();

  /** `key`: base64url, of a roster whose schema was checked. */
  of(key: string): Promise<string> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= most) this.#known.clear();
    const made = thumbprint(bytesOfText(key));
    this.#known.set(key, made);
    return made;
  }
}
