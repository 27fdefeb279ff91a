import { toBase64url, utf8, utf8Text } from '../../base/bytes.ts';
import type { Scope } from '../../consent/messages/catalog.ts';
import type { Bridge } from './host-bridges.ts';
import type { Prompt, Store } from './session.ts';

type Audio = Scope['audio'];

interface Remembered {
  readonly version: string;
  readonly audio: Audio;
}

const storeName = 'granted-bridges';
const maxRemembered = 32;

/** What was granted to which connector: to say why it asks again. A grant itself is never carried over. */
export class BridgeMemory {
  readonly #store: Store;
  readonly #known: Map<string, Remembered>;

  private constructor(store: Store, known: Map<string, Remembered>) {
    this.#store = store;
    this.#known = known;
  }

  static async open(store: Store): Promise<BridgeMemory> {
    const kept = utf8Text((await store.get(storeName)) ?? utf8('')) ?? '';
    const known = new Map<string, Remembered>();
    for (const line of kept.split('\n')) {
      const [key = '', version = '', audio = ''] = line.split(' ');
      if (isAudio(audio)) known.set(key, { version, audio });
    }
    return new BridgeMemory(store, known);
  }

  reason({ key, version, ask, asked }: Bridge): Prompt['reason'] {
    const last = this.#known.get(toBase64url(key));
    if (last === undefined) return asked.size > 1 ? 'again' : 'new';
    if (last.version !== version) return 'version-changed';
    return last.audio !== 'both' && ask?.scope.audio !== last.audio ? 'scope-growth' : 'again';
  }

  async granted({ key, version }: Bridge, audio: Audio): Promise<void> {
    const name = toBase64url(key);
    this.#known.delete(name);
    this.#known.set(name, { version, audio });
    const kept = [...this.#known].slice(-maxRemembered);
    const lines = kept.map(([k, { version: v, audio: a }]) => `${k} ${v} ${a}`);
    await this.#store.set(storeName, utf8(lines.join('\n')));
  }
}

const isAudio = (text: string): text is Audio => text === 'both' || text === 'listen' || text === 'speak';
