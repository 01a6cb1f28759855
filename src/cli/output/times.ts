const units = [
  ['d', 86_400],
  ['h', 3_600],
  ['m', 60],
  ['s', 1],
] as const;

/** `2h 5m`: the two greatest units, rounded down. */
export function durationText(seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds));
  if (rest === 0) return '0s';
  const first = units.findIndex(([, size]) => rest >= size);
  const parts: string[] = [];
  for (const [unit, size] of units.slice(first, first + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(' ');
}

/** `5m ago`, `in 2h 1m`, `now`; the text as it is when it is no time. */
export function relativeText(iso: string, now: Date): string {
  const ms = Date.parse(iso) - now.getTime();
  if (Number.isNaN(ms)) return iso;
  if (Math.abs(ms) < 1_000) return 'now';
  const length = durationText(Math.round(Math.abs(ms) / 1_000));
  return ms < 0 ? `${length} ago` : `in ${length}`;
}

/** `2026-11-22 14:05:09 UTC` */
export function utcText(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `2026-11-22 14:05:09 UTC (5m ago)` */
export const timeText = (iso: string, now: Date): string => `${utcText(iso)} (${relativeText(iso, now)})`;

const written = /^(\d{1,6})(ms|s|m|h|d)$/;
const sizesMs: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `5m`, `2h`, `1d` in milliseconds; undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = written.exec(text.trim()) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return Number(count) * (sizesMs[unit] ?? 0);
}
