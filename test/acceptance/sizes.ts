/** `npm run test:full` runs the same drills at full size. */
const full = process.env['FULL'] === '1';

export interface Sizes {
  /** Purchases whose webhooks all leave at once. */
  burst: number;
  /** Purchases one after another on an idle stack. */
  singles: number;
  /** Refunds one after another. */
  refunds: number;
  /** `kill -9` after so many mails were taken. */
  killsAfter: number[];
  /** How long each vendor is down. */
  outageMs: number;
  /** How long the database is frozen. */
  freezeMs: number;
  /** Whether workers die at every boundary there is, or at those of three steps. */
  everyBoundary: boolean;
  /** Whether drills that take long are conducted. */
  longDrills: boolean;
  /** Whether a damaged file stays so until a second mail is owed. */
  late: boolean;
  /** How long to wait for the end of everything. */
  patienceMs: number;
  /** For vitest: the longest a drill may take. */
  drillTimeoutMs: number;
}

const shortForm: Sizes = {
  burst: 40,
  singles: 5,
  refunds: 3,
  killsAfter: [10],
  outageMs: 1_000,
  freezeMs: 1_000,
  everyBoundary: false,
  longDrills: false,
  late: false,
  patienceMs: 60_000,
  drillTimeoutMs: 120_000,
};

const longForm: Sizes = {
  burst: 500,
  singles: 30,
  refunds: 100,
  killsAfter: [100, 250, 400],
  outageMs: 60_000,
  freezeMs: 40_000,
  everyBoundary: true,
  longDrills: true,
  late: true,
  patienceMs: 10 * 60_000,
  drillTimeoutMs: 15 * 60_000,
};

export const sizes = full ? longForm : shortForm;

/** Figures a run has measured, for whoever reads its output. */
export function report(what: string, figures: Record<string, number>): void {
  const shown = Object.entries(figures).map(([name, value]) => `${name}=${Math.round(value * 10) / 10}`);
  process.stdout.write(`  ${what}: ${shown.join(' ')}\n`);
}
