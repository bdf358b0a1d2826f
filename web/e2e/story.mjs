// The steps of an end-to-end run: each counts as one test, and says how long it took.

/** What the steps came to so far. */
export const story = { passed: 0, failed: 0 };

/** Does one step; what it throws ends the run. */
export async function step(name, walk) {
  const start = Date.now();
  await walk();
  story.passed += 1;
  console.log(`ok ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}

/** Most that is shown of a value that is not what it should be. */
const SHOWN = 2000;

/** Throws where two values differ as JSON, and shows both from a little before the place. */
export function equal(what, found, wanted) {
  const [a, b] = [JSON.stringify(found) ?? 'undefined', JSON.stringify(wanted) ?? 'undefined'];
  if (a === b) return;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  const from = a.length > SHOWN || b.length > SHOWN ? Math.max(0, at - SHOWN / 2) : 0;
  throw new Error(`${what}: ${a.slice(from, from + SHOWN)} instead of ${b.slice(from, from + SHOWN)}`);
}
