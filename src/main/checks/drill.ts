import type { Finding } from '../../cli/duties.ts';
import { drillVerdict, type DrillVerdict } from '../../domain/mailDrill.ts';
import type { DrillResult, PastDrill } from '../../ports/mailDrill.ts';
import { connectOnce } from '../../store/inspection/connectOnce.ts';
import { readDrills } from '../../store/inspection/readDrills.ts';
import { findingsOf, type Check } from './check.ts';

/** A month, with some days to get round to it. */
const drillEveryDays = 35;
const dayMs = 86_400_000;
/** A drill that has said nothing for so long was cut off. */
const underWayMs = 5 * 60_000;

type Drill = Pick<PastDrill, 'agoMs' | 'results'>;

/** When the way from one mail provider to the next was tried out last, and what that has shown. */
export const drillCheck: Check = {
  name: 'mail drill',
  async run({ config }) {
    const drills = await connectOnce(config.database.readerUrl, readDrills);
    return judgeDrills(drills, config.mail.providers);
  },
};

/** @param drills the latest first */
export function judgeDrills(drills: readonly Drill[], providers: readonly string[]): Finding[] {
  const [latest] = drills;
  const finished = drills.flatMap(({ agoMs, results }) => (results ? [{ agoMs, results }] : []));
  return [
    ...(latest?.results === null && latest.agoMs > underWayMs ? [cutOff(latest.agoMs)] : []),
    ...judgeFinished(finished, providers),
  ];
}

const { ok, note, warning } = findingsOf('mail drill');
const drillIt = 'Drill it: fulfillment providers drill email';

const cutOff = (agoMs: number): Finding =>
  warning(
    `a drill of an outage was begun ${whenOf(agoMs)} and never finished: how many of its mails were sent is not known`,
    drillIt,
  );

function judgeFinished(
  drills: ReadonlyArray<{ agoMs: number; results: DrillResult[] }>,
  providers: readonly string[],
): Finding[] {
  const [last] = drills;
  // With one provider alone there is none to turn to, and nothing that a drill would have to show.
  if (last === undefined)
    return providers.length < 2
      ? []
      : [
          warning(
            'there was no drill of an outage yet: whether the next provider would carry mail is not known',
            drillIt,
          ),
        ];
  const missing = providers.filter((name) => !last.results.some(({ provider }) => provider === name));
  const verdict = verdictOf(last.results);
  const said = `the last drill of an outage was ${whenOf(last.agoMs)} and ${words[verdict]}${troubleIn(last.results)}`;
  if (verdict !== 'passed') {
    const passed = drills.find(({ results }) => verdictOf(results) === 'passed');
    const before = passed
      ? `; the last that passed was ${whenOf(passed.agoMs)}`
      : '; none has passed that is still kept';
    const remedies = last.results.flatMap(({ fault }) => (fault ? [fault.remedy] : []));
    return [warning(`${said}${before}`, [...new Set(remedies), drillIt].join(' '))];
  }
  if (missing.length > 0)
    return [warning(`${said}, but it had no mail through ${missing.join(' and ')}`, drillIt)];
  if (last.agoMs <= drillEveryDays * dayMs) return [ok(said)];
  return [providers.length < 2 ? note(said) : warning(said, drillIt)];
}

const verdictOf = (results: readonly DrillResult[]) => drillVerdict(results.map(({ outcome }) => outcome));

const words: Readonly<Record<DrillVerdict, string>> = {
  passed: 'passed',
  unproven: 'did not pass',
  failed: 'failed',
};

function troubleIn(results: readonly DrillResult[]): string {
  const troubles = results.flatMap(({ provider, outcome }) =>
    outcome === 'accepted'
      ? []
      : [outcome === 'taken_unproven' ? `${provider} took its mail, unproven` : `${provider} ${outcome}`],
  );
  return troubles.length === 0 ? '' : ` (${troubles.join(', ')})`;
}

function whenOf(agoMs: number): string {
  const days = Math.floor(agoMs / dayMs);
  return days <= 0 ? 'today' : `${days} ${days === 1 ? 'day' : 'days'} ago`;
}
