/**
 * Timers that run in a worker: browsers slow a background tab's own timers down to one a second or a minute, and a
 * heartbeat every three seconds must go on. Messages: { id, ms } starts, { id, ms: null } cancels; the answer is the id.
 */
interface Scope {
  onmessage: ((event: { data: { readonly id: number; readonly ms: number | null } }) => void) | null;
  postMessage(message: number): void;
}

const scope = self as unknown as Scope;
const handles = new Map<number, ReturnType<typeof setTimeout>>();

/* eslint-disable no-restricted-globals -- this worker is where the pages' timers come from */
scope.onmessage = ({ data: { id, ms } }) => {
  if (ms === null) {
    clearTimeout(handles.get(id));
    handles.delete(id);
    return;
  }
  const handle = setTimeout(() => {
    handles.delete(id);
    scope.postMessage(id);
  }, ms);
  handles.set(id, handle);
};
/* eslint-enable no-restricted-globals */

export {};
