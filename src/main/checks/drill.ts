import type { Finding } from '../../cli/duties.ts';
import { connectOnce } from '../../store/inspection/connectOnce.ts';
import { readDrills } from '../../store/inspection/readDrills.ts';
import { findingsOf, type Check } from './check.ts';

/** A month, with some days to get round to it. */
const drillEveryDays = 35;
const dayMs = 86_400_000;

/** Whether the fall-back from one mail provider to the next was tried out lately. */
export const drillCheck: Check = {
  name: 'mail drill',
  async run({ config }) {
    if (config.mail.providers.length < 2) return [];
    const { passedAgoMs } = await connectOnce(config.database.readerUrl, readDrills);
    return [judgeDrill(passedAgoMs)];
  },
};

/** @param passedAgoMs null: none has passed */
export function judgeDrill(passedAgoMs: number | null): Finding {
  const { ok, note } = findingsOf('mail drill');
  const remedy = 'Drill it: fulfillment providers drill email';
  if (passedAgoMs === null)
    return note(
      'no drill of an outage has passed yet: whether the next provider would carry mail is not known',
      remedy,
    );
  const days = Math.floor(passedAgoMs / dayMs);
  const when = days === 0 ? 'today' : `${days} ${days === 1 ? 'day' : 'days'} ago`;
  return passedAgoMs > drillEveryDays * dayMs
    ? note(`the last drill of an outage that passed was ${when}`, remedy)
    : ok(`the last drill of an outage passed ${when}`);
}
