/**
 * Waits until nothing more happens by itself: no WebCrypto operation is under way and the event loop has turned a number of
 * times without one. With a clock that stands still, that is the end of everything that a message has set off.
 */
let running = 0;

const names = [
  'digest',
  'sign',
  'verify',
  'importKey',
  'exportKey',
  'deriveBits',
  'encrypt',
  'decrypt',
  'generateKey',
];
const prototype = Object.getPrototypeOf(crypto.subtle) as Record<
  string,
  (...args: unknown[]) => Promise<unknown>
>;

for (const name of names) {
  const original = prototype[name]!;
  prototype[name] = function counted(this: unknown, ...args: unknown[]): Promise<unknown> {
    running += 1;
    const result = original.apply(this, args);
    const end = (): void => void (running -= 1);
    result.then(end, end);
    return result;
  };
}

const quietTurns = 12;

export async function settled(): Promise<void> {
  for (let quiet = 0; quiet < quietTurns; quiet += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    if (running > 0) quiet = 0;
  }
}
