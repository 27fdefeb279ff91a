/** A value that is shown: changes are told to whoever listens. */
export interface ViewState<V extends object> {
  readonly view: V;
  show(change: Partial<V>): void;
  subscribe(listener: (view: V) => void): () => void;
}

export function createViewState<V extends object>(first: V): ViewState<V> {
  let view = first;
  const listeners = new Set<(view: V) => void>();
  return {
    get view() {
      return view;
    },
    show(change) {
      view = { ...view, ...change };
      for (const listener of listeners) listener(view);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
