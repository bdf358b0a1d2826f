// Whether this browser is signed in, as the answers say; who listens is told once when a 401 comes.
type Listener = () => void;

const listeners = new Set<Listener>();

export function onSignedOut(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellSignedOut() {
  for (const listener of listeners) listener();
}
