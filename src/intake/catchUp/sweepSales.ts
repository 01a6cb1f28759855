import { errorTrace } from '../../domain/errorTrace.ts';
import { Fault } from '../../domain/fault.ts';
import { planKey } from '../../domain/plan.ts';
import type {
  CatchUpStore,
  FoundSaleDoor,
  PaymentLists,
  Sweep,
  SweepStep,
  SweepTally,
} from '../../ports/catchUp.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { decideSale, type Sale, saleOfCheckout, saleOfIntent, type SaleRules } from './foundSale.ts';
import type { Pace } from './pace.ts';

export interface SweepSalesOptions extends SaleRules {
  lists: Pick<PaymentLists, 'checkouts' | 'intents'>;
  store: Pick<CatchUpStore, 'nextSweep' | 'noteSweep' | 'knownSales' | 'countDue'>;
  door: FoundSaleDoor;
  pace: Pace;
  telemetry: Telemetry;
  /**
   * No more sales of the past are brought in while so many of them are due: orders of today must not stand behind them.
   * 100 unless told.
   */
  adoptedAtOnceMax?: number;
  /** Called after COMMIT, when there is work for this process's worker. */
  onWork(): void;
}

export type SweptPage = 'nothing_to_do' | 'busy' | 'page';

const atOnceDefault = 100;
/** Sessions are paid up to a day after they were made, by an intent that is made then. */
const sessionLivesMs = 86_400_000;

/**
 * Reads one page of the sweep that is next: first Checkout Sessions, then PaymentIntents, by the time they were made, the
 * newest first. A page that was read twice changes nothing, so whoever dies in the middle leaves it to the next.
 *
 * @throws Fault when Stripe or the database cannot be asked
 */
export function createSweepSales(options: SweepSalesOptions): (signal: AbortSignal) => Promise<SweptPage> {
  const { store, telemetry } = options;
  return async (signal) => {
    const sweep = await store.nextSweep();
    if (!sweep) return 'nothing_to_do';
    if (sweep.since < options.startDate && (await isBusy(options))) return 'busy';
    await options.pace(signal);
    signal.throwIfAborted();
    const { sales, next } = await pageOf(options, sweep, signal);
    const tally = await takeIn(options, sales, signal);
    const step: SweepStep = { ...tally, ...whereTo(sweep, next) };
    await store.noteSweep(sweep.sweepId, step);
    telemetry.emit({
      name: 'catch_up.swept',
      sweepId: sweep.sweepId,
      kind: sweep.kind,
      part: sweep.part,
      finished: step.part === null,
      ...tally,
    });
    return 'page';
  };
}

const isBusy = async ({ store, adoptPlan, adoptedAtOnceMax: most = atOnceDefault }: SweepSalesOptions) =>
  (await store.countDue(planKey(adoptPlan), most)) >= most;

function whereTo({ part }: Sweep, next: string | null): Pick<SweepStep, 'part' | 'cursor'> {
  if (next !== null) return { part, cursor: next };
  return { part: part === 'sessions' ? 'intents' : null, cursor: null };
}

async function pageOf(
  { lists, livemode }: SweepSalesOptions,
  { part, since, until, cursor }: Sweep,
  signal: AbortSignal,
): Promise<{ sales: Sale[]; next: string | null }> {
  const more = cursor === null ? {} : { after: cursor };
  if (part === 'sessions') {
    const createdFrom = new Date(since.getTime() - sessionLivesMs);
    const { items, next } = await lists.checkouts({ createdFrom, createdTo: until, ...more }, signal);
    return { sales: items.flatMap((item) => saleOfCheckout(item, livemode) ?? []), next };
  }
  const { items, next } = await lists.intents({ createdFrom: since, createdTo: until, ...more }, signal);
  return { sales: items.flatMap((item) => saleOfIntent(item, livemode) ?? []), next };
}

async function takeIn(
  options: SweepSalesOptions,
  sales: readonly Sale[],
  signal: AbortSignal,
): Promise<SweepTally> {
  const { store, door, telemetry, onWork } = options;
  const tally = { known: 0, fulfilled: 0, adopted: 0, settled: 0, leftOut: 0 };
  if (sales.length === 0) return tally;
  const known = await store.knownSales(sales.map(({ paymentKey }) => paymentKey));
  for (const sale of sales.toReversed()) {
    signal.throwIfAborted();
    const decision = decideSale(sale, known.get(sale.paymentKey), options);
    if (decision.kind === 'known') tally.known += 1;
    else if (decision.kind === 'left_out') tally.leftOut += 1;
    else {
      const { outcome, jobId } = await door.acceptFound(decision, 'sweep').catch((error: unknown) => {
        if (error instanceof Fault) throw error;
        // One that cannot be taken in must not keep those behind it away.
        telemetry.emit({ name: 'unexpected.error', during: 'catch_up', ...errorTrace(error) });
        return { outcome: 'quarantined', jobId: null } as const;
      });
      if (decision.settlement) tally.settled += 1;
      if (outcome === 'quarantined') tally.leftOut += 1;
      else if (outcome !== 'accepted') tally.known += 1;
      else if (decision.kind === 'adopt') tally.adopted += 1;
      else tally.fulfilled += 1;
      if (outcome === 'accepted')
        telemetry.emit({
          name: 'catch_up.found',
          door: 'sweep',
          outcome: decision.kind === 'adopt' ? 'adopted' : outcome,
          jobId,
          eventId: null,
        });
      onWork();
    }
  }
  return tally;
}
