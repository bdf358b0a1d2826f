// Whether the change feed is connected, for the banner.
import { useSyncExternalStore } from 'react';

export interface LiveStatus {
  live: boolean;
  /** When the connection was lost. */
  since?: number;
}

let status: LiveStatus = { live: true };
const listeners = new Set<() => void>();

export function setLive(next: LiveStatus) {
  if (next.live === status.live) return;
  status = next;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useLive = () => useSyncExternalStore(subscribe, () => status);
