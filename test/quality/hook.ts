import { registerHooks } from 'node:module';

/** Lets the measurement put silence where the product conceals; the product has no such switch. */
const find = ': this.#decoder.conceal(samples, pulled.next);';
const replace =
  ': globalThis.withoutConcealment === true ? new Int16Array(samples) : this.#decoder.conceal(samples, pulled.next);';

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/src/media/audio-stream.ts')) return loaded;
    const text = Buffer.from(loaded.source as Uint8Array).toString('utf8');
    if (text.split(find).length !== 2) throw new Error('quality: audio-stream.ts has changed');
    return { ...loaded, source: text.replace(find, () => replace) };
  },
});
