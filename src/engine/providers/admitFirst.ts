import type { Admission, CallRequest, Ticket } from './admission.ts';
import { Parked } from './parked.ts';

/** A provider that asks to be left alone for longer than this is as good as ill. */
const patienceMs = 10_000;

/**
 * A ticket for the first of these calls whose provider is neither ill nor paused, nor wants to be left alone for long.
 * One that is merely busy is waited for: how much there is to do is no reason to go elsewhere. While any of them is well,
 * one that is ill is seldom tried; when none is, as soon as may be.
 *
 * @throws Parked as the first one is, but no longer than until the earliest of them may be tried
 */
export async function admitFirst(admission: Admission, calls: readonly CallRequest[]): Promise<Ticket> {
  const goesElsewhere = calls.length > 1;
  let entered = await tryEach(admission, calls, goesElsewhere);
  if (goesElsewhere && Array.isArray(entered)) entered = await tryEach(admission, calls, false);
  if (!Array.isArray(entered)) return entered;
  const [first, ...others] = entered;
  if (!first) throw new Error('An effect needs a provider.');
  if (others.length === 0) throw first;
  throw new Parked({ reason: first.why, provider: first.provider ?? '', ...earliestOf(entered) });
}

/** A ticket, or how each of them is away. */
async function tryEach(
  admission: Admission,
  calls: readonly CallRequest[],
  goesElsewhere: boolean,
): Promise<Ticket | Parked[]> {
  const refused: Parked[] = [];
  for (const call of calls) {
    try {
      return await admission.admit(call, goesElsewhere);
    } catch (error) {
      if (!(error instanceof Parked) || !isAway(error)) throw error;
      refused.push(error);
    }
  }
  return refused;
}

const isAway = ({ why, afterMs = 0 }: Parked) =>
  why === 'provider_open' || why === 'provider_paused' || (why === 'provider_rate' && afterMs > patienceMs);

function earliestOf(refused: readonly Parked[]): { afterMs?: number } {
  const waits = refused.flatMap(({ afterMs }) => (afterMs === undefined ? [] : [afterMs]));
  return waits.length === 0 ? {} : { afterMs: Math.min(...waits) };
}
