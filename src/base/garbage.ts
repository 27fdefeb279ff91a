import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8's own collector, which Node hides behind a flag. `last-resort`: until nothing more is found, and empty pages are given back. */
type Collect = (options?: { readonly type: 'major'; readonly flavor: 'last-resort' }) => void;

let collect: Collect | null = null;

/** One full garbage collection, at once. It costs milliseconds for each ten megabytes that are live. */
export function collectGarbage(): void {
  collector()();
}

/**
 * The same, and what was freed goes back to the system, where V8 and the C library would keep it for what comes next. Buffers of
 * packets lie in the C library's heap, between others that stay, and glibc gives back such holes when it is told to and never by
 * itself: after a burst that is more than V8's part.
 */
export function returnMemory(): void {
  collector()({ type: 'major', flavor: 'last-resort' });
  trim ??= mallocTrim();
  trim(0);
}

function collector(): Collect {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  return collect;
}

let trim: ((keep: number) => number) | null = null;

/** malloc_trim(3). Where the C library has none (musl), or it cannot be called, there is nothing to give back by. */
function mallocTrim(): (keep: number) => number {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as {
      load(library: string): { func(signature: string): (keep: number) => number };
    };
    return koffi.load('libc.so.6').func('int malloc_trim(size_t pad)');
  } catch {
    return () => 0;
  }
}
