// One line of time out of operations and events: an event that belongs to a shown operation stands inside it,
// all others between the operations.
import type { Event, Operation } from './nouns';

export type Moment = { kind: 'operation'; at: number; operation: Operation; events: Event[] } | { kind: 'event'; at: number; event: Event };

export function timeline(operations: readonly Operation[], events: readonly Event[]): Moment[] {
  const inside = new Map<string, Event[]>(operations.map((operation) => [operation.id, []]));
  const moments: Moment[] = [];
  for (const event of events) {
    const home = event.operationId ? inside.get(event.operationId) : undefined;
    if (home) home.push(event);
    else moments.push({ kind: 'event', at: Date.parse(event.at), event });
  }
  for (const operation of operations) {
    const own = (inside.get(operation.id) ?? []).sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
    moments.push({ kind: 'operation', at: Date.parse(operation.createdAt), operation, events: own });
  }
  // Newest first; at the same time an operation stands before what else was noted then.
  return moments.sort((a, b) => b.at - a.at || (a.kind === 'operation' ? -1 : 1));
}
