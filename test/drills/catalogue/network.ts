import { until } from '../../acceptance/until.ts';
import { type Drill, inLongForm } from '../drill.ts';
import type { Fault } from '../proxy/faults.ts';
import type { DrilledShop } from '../drilledShop.ts';

const worker = { user: 'fulfillment_worker' } as const;
const intake = { user: 'fulfillment_intake' } as const;

/** A fault of the line to Postgres that strikes while the shop works. */
const onTheLine = (name: string, sentence: string, faults: Fault[]): Drill => ({
  name,
  sentence,
  async strike(shop) {
    await shop.openDoor();
    await Promise.all([shop.work('one', { jobsMax: 3 }), shop.work('other', { jobsMax: 3 })]);
    const before = shop.proxy.fired().length;
    for (const fault of faults) shop.proxy.arm(fault);
    await shop.buy(12);
    await shop.untilCompleted(8);
    shop.proxy.clear();
    return countFired(shop, before, faults);
  },
});

function countFired(shop: DrilledShop, before: number, faults: Fault[]): Record<string, number> {
  const fired = shop.proxy.fired().slice(before);
  return Object.fromEntries(
    faults.map(({ kind, match }) => [
      `${kind} ${match?.user ?? ''}`,
      fired.filter((one) => one.kind === kind && (match?.user ?? one.user) === one.user).length,
    ]),
  );
}

export const networkDrills: Drill[] = [
  onTheLine('answers to COMMIT lost', 'what was committed is not done again, though nobody was told', [
    { kind: 'dropCommitAnswer', match: { ...worker, writes: ['fulfillment_job_steps'] }, times: 4, after: 2 },
    { kind: 'dropCommitAnswer', match: { ...intake, form: 'single' }, times: 3 },
  ]),
  inLongForm(
    onTheLine('answers to COMMIT late', 'an answer that comes after the lease finds nothing to spoil', [
      {
        kind: 'delayCommitAnswer',
        delayMs: 2_500,
        match: { ...worker, writes: ['fulfillment_job_steps'] },
        times: 2,
        after: 3,
      },
    ]),
  ),
  inLongForm(
    onTheLine(
      'cut before COMMIT',
      'what was not committed is done again, and no webhook was answered for it',
      [
        {
          kind: 'cutBeforeCommit',
          match: { ...worker, writes: ['fulfillment_job_steps'] },
          times: 4,
          after: 2,
        },
      ],
    ),
  ),
  {
    name: 'door cut before COMMIT',
    sentence: 'no webhook is answered with "200" whose COMMIT has not happened',
    async strike(shop) {
      await shop.openDoor();
      await shop.work('one');
      const before = shop.proxy.fired().length;
      const disarm = shop.proxy.arm({ kind: 'cutBeforeCommit', match: { ...intake, form: 'any' } });
      await shop.buy(4);
      const fired = () => shop.proxy.fired().length - before;
      await until('many cuts', () => Promise.resolve(fired() >= 24), { withinMs: 10_000, everyMs: 20 });
      disarm();
      return { cut: fired() };
    },
  },
  inLongForm(
    onTheLine('half-open connections', 'connections on which nothing comes any more hold nobody for long', [
      {
        kind: 'halfOpen',
        when: 'commitAnswer',
        match: { ...worker, writes: ['fulfillment_job_steps'] },
        times: 2,
        after: 3,
        forMs: 3_000,
      },
    ]),
  ),
  inLongForm(
    onTheLine('results cut in the middle', 'half a result is none', [
      {
        kind: 'cutResult',
        afterBytes: 40,
        match: { ...worker, sql: 'fulfillment_dispatch' },
        times: 3,
        after: 2,
      },
    ]),
  ),
];
