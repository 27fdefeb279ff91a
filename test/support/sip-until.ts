/** Waits on a condition; the time-out names what did not come. */
export async function waitUntil(holds: () => boolean, what: string, timeoutMs = 8_000): Promise<void> {
  const start = performance.now();
  while (!holds()) {
    if (performance.now() - start > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain for: ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}
