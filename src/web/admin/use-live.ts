import { useEffect, useState } from 'preact/hooks';
import type { Clock } from '../../base/clock.ts';
import { delay } from '../../base/clock.ts';
import { ApiRefusal, type Api } from './api.ts';
import { eventReader } from './event-reader.ts';
import { afterEvent, emptyView, type LiveView } from './live-view.ts';

const againMs = 2_000;

/** The live view, kept up by the event stream; a break is followed by a new snapshot. `onRefused`: the key is taken no more. */
export function useLive(
  api: Api,
  clock: Clock,
  onRefused: () => void,
): { readonly view: LiveView; readonly linked: boolean } {
  const [view, setView] = useState(emptyView);
  const [linked, setLinked] = useState(false);
  useEffect(() => {
    const stop = new AbortController();
    const follow = async (): Promise<void> => {
      const reader = (await api.stream(stop.signal)).getReader();
      const decoder = new TextDecoder();
      const read = eventReader();
      setLinked(true);
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        const events = read(decoder.decode(value, { stream: true }));
        if (events.length > 0) setView((now) => events.reduce(afterEvent, now));
      }
    };
    const run = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          await follow();
        } catch (error) {
          if (error instanceof ApiRefusal && (error.status === 401 || error.status === 403)) {
            onRefused();
            return;
          }
        }
        setLinked(false);
        await delay(clock, againMs);
      }
    };
    void run();
    return () => stop.abort();
  }, [api]);
  return { view, linked };
}
