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

let taken: string | undefined;

/** The token of a one-time link, taken out of the address at once so that it stays in no history. */
export function takeToken(): string | undefined {
  const token = new URLSearchParams(window.location.hash.slice(1)).get('token');
  if (token) {
    taken = token;
    window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  }
  const found = taken;
  taken = undefined;
  return found;
}
