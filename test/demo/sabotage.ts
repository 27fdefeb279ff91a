import { registerHooks } from 'node:module';

/**
 * Breaks gate and cryptor on purpose, to see that the demo would notice. Loaded into every process of a run by
 * NODE_OPTIONS=--import, it rewrites the modules named below as they are loaded; LATCHKEY_SABOTAGE says which. The code
 * that is shipped has no hook for any of this.
 */
interface Cut {
  readonly module: string;
  readonly find: string;
  readonly replace: string;
}

/** The gate lets everybody in as soon as somebody waits, and never closes. */
const gate: readonly Cut[] = [
  {
    module: 'src/consent/bridge.ts',
    find: 'return mayHear(this.#gate, legId);',
    replace: 'return legId !== undefined;',
  },
  {
    module: 'src/consent/bridge.ts',
    find: 'return maySpeak(this.#gate, legId);',
    replace: 'return legId !== undefined;',
  },
  {
    module: 'src/consent/bridge.ts',
    find: 'callersWaiting(callers: readonly WaitingCaller[]): void {',
    replace: `callersWaiting(callers: readonly WaitingCaller[]): void {
    this.#options.onFact({ kind: 'legs-admitted', legIds: callers.map(({ legId }) => legId) });`,
  },
  {
    module: 'src/consent/bridge.ts',
    find: "this.#options.onFact({ kind: 'gate-closed', reason });",
    replace: '',
  },
];

/** The cryptor fails open: without a key it passes on what it got, as clear audio that it took for encrypted, or the other way round. */
const leak: readonly Cut[] = [
  {
    module: 'src/e2ee/key-ring.ts',
    find: "if (!parsed.ok) return this.#refused('plaintext', 'malformed');",
    replace: 'if (!parsed.ok) return ok(frame);',
  },
  {
    module: 'src/e2ee/key-ring.ts',
    find: "if (held === undefined) return this.#refused('noKey', 'no-key');",
    replace: 'if (held === undefined) return ok(frame);',
  },
  {
    module: 'src/e2ee/key-ring.ts',
    find: 'this.#counters.notSealed++;\n        return null;',
    replace: 'return Buffer.from(opus);',
  },
];

/** The cryptor neither seals nor opens: frames of the right shape whose content is in clear, for who has a key and who has none. */
const cryptor: readonly Cut[] = [
  {
    module: 'src/e2ee/key-ring.ts',
    find: 'const held = this.#senders.get(identity)?.slots.get(slot);\n    if (held === undefined) return',
    replace: `if (slot >= 0) return ok(Buffer.concat([toc, ciphertext]));
    const held = this.#senders.get(identity)?.slots.get(slot);
    if (held === undefined) return`,
  },
  {
    module: 'src/e2ee/key-ring.ts',
    find: 'if (opus.length === 0) return null;',
    replace: `if (opus.length === 0) return null;
      const never = ivs.next();
      if (never !== null) {
        const open = unsealedFrame(opus, never, 0);
        open.sealed.fill(0);
        open.sealed.set(splitOpus(opus).rest);
        return open.frame;
      }`,
  },
];

/**
 * In every run of this kind the bridge also receives the meeting all the time: else a silence could be the server's, which was asked
 * for it, and would prove nothing about gate and cryptor.
 */
const listening: readonly Cut[] = [
  {
    module: 'src/worker/meeting.ts',
    find: 'encrypted: true, listening: false }',
    replace: 'encrypted: true }',
  },
  { module: 'src/worker/meeting.ts', find: 'meeting?.listen(open);', replace: '' },
];

const all: Readonly<Record<string, readonly Cut[]>> = { gate, cryptor, leak };
const named = (process.env.LATCHKEY_SABOTAGE ?? '').split(',').flatMap((name) => all[name] ?? []);
const cuts = named.length === 0 ? [] : [...listening, ...named];

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const mine = cuts.filter(({ module }) => url.endsWith(`/${module}`));
    if (mine.length === 0) return loaded;
    const whole = Buffer.from(loaded.source as Uint8Array).toString('utf8');
    const source = mine.reduce((text, { module, find, replace }) => {
      // A cut that hits nothing would prove nothing.
      if (text.split(find).length !== 2) throw new Error(`sabotage: ${module} has changed, look at ${find}`);
      return text.replace(find, () => replace);
    }, whole);
    return { ...loaded, source };
  },
});
