/** `npm run test:full` runs the same drills at full size. */
const full = process.env['FULL'] === '1';

export const sizes = full
  ? { burst: 500, killsAfter: [100, 250, 400], outageMs: 60_000, patienceMs: 10 * 60_000, singles: 30 }
  : { burst: 120, killsAfter: [50], outageMs: 3_000, patienceMs: 60_000, singles: 30 };

/** Figures a run has measured, for whoever reads its output. */
export function report(what: string, figures: Record<string, number>): void {
  const shown = Object.entries(figures).map(([name, value]) => `${name}=${Math.round(value * 10) / 10}`);
  process.stdout.write(`  ${what}: ${shown.join(' ')}\n`);
}
