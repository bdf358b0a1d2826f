// Values of Flink's configuration: the same time or size is written in several ways (`30 s`, `30000 ms`).
const TIMES: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  ms: 1,
  s: 1_000,
  sec: 1_000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};
const SIZES: Record<string, number> = { b: 1, bytes: 1, k: 2 ** 10, kb: 2 ** 10, mb: 2 ** 20, g: 2 ** 30, gb: 2 ** 30 };

function measured(value: string, units: Record<string, number>): number | undefined {
  const [, number, unit] = /^(\d+)\s*([a-z]+)$/i.exec(value.trim()) ?? [];
  const factor = unit && (units[unit.toLowerCase()] ?? units[unit.toLowerCase().replace(/s$/, '')]);
  return factor ? Number(number) * factor : undefined;
}

/** Whether two values mean the same to Flink, as far as their form tells. */
export function sameValue(a: string, b: string): boolean {
  if (a.trim().toLowerCase() === b.trim().toLowerCase()) return true;
  return [TIMES, SIZES].some((units) => {
    const measure = measured(a, units);
    return measure !== undefined && measure === measured(b, units);
  });
}
