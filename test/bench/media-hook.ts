import { registerHooks } from 'node:module';

/**
 * Loaded into the processes of the media bench by NODE_OPTIONS=--import, because it measures more legs than the product lets into one
 * meeting: the consent protocol names at most 16 callers of a bridge, the embedded SFU takes 128 tracks of one participant. Every
 * further leg rides on the admission of the first; consent, keys, gate and cryptor are otherwise what they are. A module that has
 * changed fails the bench.
 */
interface Change {
  readonly module: string;
  readonly find: string;
  readonly replace: string;
}

const firstLeg = 'phase.kind === "open" ? (phase.legs[0]?.leg ?? legId) : legId';

const changes: readonly Change[] = [
  {
    module: 'src/consent/bridge.ts',
    find: 'return mayHear(this.#gate, legId);',
    replace: `const { phase } = this.#gate; return mayHear(this.#gate, ${firstLeg});`,
  },
  {
    module: 'src/consent/bridge.ts',
    find: 'return maySpeak(this.#gate, legId);',
    replace: `const { phase } = this.#gate; return maySpeak(this.#gate, ${firstLeg});`,
  },
  { module: 'src/sfu/limits.ts', find: 'tracksPerParticipant: 128,', replace: 'tracksPerParticipant: 1024,' },
  { module: 'src/sfu/limits.ts', find: 'signalBytes: 512 * 1024,', replace: 'signalBytes: 8 * 1024 * 1024,' },
  { module: 'src/sfu/limits.ts', find: 'signalBacklogBytes: 4 *', replace: 'signalBacklogBytes: 64 *' },
  { module: 'src/sfu/limits.ts', find: 'signalBurst: 500,', replace: 'signalBurst: 50_000,' },
  {
    module: 'src/meeting/livekit/roster.ts',
    find: 'const maxTracks = 256;',
    replace: 'const maxTracks = 1_024;',
  },
  {
    module: 'src/e2ee/replay-window.ts',
    find: 'options.maxStreams ?? 256',
    replace: 'options.maxStreams ?? 1_024',
  },
  // The talkers of a meeting listen to nobody while it is measured: what they would receive is not the connector's.
  {
    module: 'src/meeting/livekit/signal-link.ts',
    find: "auto_subscribe: '1',",
    replace: "auto_subscribe: globalThis.benchDeaf === true ? '0' : '1',",
  },
  // Equal settings: what rtpengine codes at, on our side of the meeting.
  ...(process.env.LATCHKEY_BENCH_EQUAL === undefined
    ? []
    : [
        {
          module: 'src/worker/uplink.ts',
          find: 'const packet = this.#encoder.encode(frame);',
          replace: `const wide = new Int16Array(960);
    const step = frame.length / 960;
    for (let i = 0; i < 960; i++) wide[i] = frame[Math.trunc(i * step)];
    const packet = this.#encoder.encode(wide);`,
        },
        {
          module: 'src/worker/uplink.ts',
          find: 'return this.#opus.encoder({ rate, ...coding });',
          replace: 'return this.#opus.encoder({ rate: 48_000, bitrate: 24_000, complexity: 10 });',
        },
      ]),
];

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const mine = changes.filter(({ module }) => url.endsWith(`/${module}`));
    if (mine.length === 0) return loaded;
    const whole = Buffer.from(loaded.source as Uint8Array).toString('utf8');
    const source = mine.reduce((text, { module, find, replace }) => {
      if (text.split(find).length !== 2)
        throw new Error(`media bench: ${module} has changed, look at ${find}`);
      return text.replace(find, () => replace);
    }, whole);
    return { ...loaded, source };
  },
});
