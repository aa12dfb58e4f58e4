/** Tells everyone who asked that something changed; the returned function stops the telling. */
export function createListeners(): {
  readonly changed: () => void;
  readonly onChange: (listener: () => void) => () => void;
} {
  const listeners = new Set<() => void>();
  return {
    changed() {
      for (const listener of listeners) listener();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
