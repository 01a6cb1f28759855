import { absent, collected, type Firing, of, type RuleCase } from './case.ts';

/** A gauge of database truth, and how an alert should follow it. Values are in promtool's notation. */
export interface TruthSpec {
  alert: string;
  metric: string;
  labels?: string;
  /** Scrapes in so many seconds. */
  every?: number;
  /** How many scrapes there are at least. */
  samples?: number;
  /** From quiet through firing to quiet again; times of the last quiet look, the first firing one, and the end. */
  life: { values: string; below: string; above: string; summary: string; resolved: string };
  /** Values that are quiet, and values that fire, all along. */
  quiet: string;
  firing: string;
  /** Text that fires all along, at `at`; where that is not soon, `at` tells when. */
  held: { at: string; summary: string };
  /** Text while no process can read the database any more, from its first minute on; null: nothing is known. */
  blind: string | null;
  /** Labels that the alert takes from the series. */
  seriesLabels?: Record<string, string>;
}

/** All aspects of an alert that follows one gauge. */
export function truthCases(spec: TruthSpec): RuleCase[] {
  const {
    alert,
    metric,
    labels = '',
    every = 15,
    samples = 60,
    life,
    quiet,
    firing,
    held,
    seriesLabels,
  } = spec;
  const gauge = (replica: string) => of(replica, metric, labels);
  const looking = (replica: string) => ({ [of(replica, collected)]: `0+${every}x${samples}` });
  const blindFrom = (replica: string) => ({
    [of(replica, collected)]: `0+${every}x4 ${4 * every}x${samples}`,
  });
  const both = { ...looking('a'), ...looking('b') };
  const fires = (summary: string): Firing[] => [{ summary, ...(seriesLabels && { labels: seriesLabels }) }];
  const always = fires(held.summary);
  return [
    {
      name: 'quiet just below, fires just above, once for two replicas, and resolves',
      alert,
      shows: ['just below', 'just above', 'resolve', 'two replicas'],
      series: { ...both, [gauge('a')]: life.values, [gauge('b')]: life.values },
      at: [
        [life.below, []],
        [life.above, fires(life.summary)],
        [life.resolved, []],
      ],
    },
    {
      name: 'a replica that restarts changes nothing',
      alert,
      shows: ['restart'],
      series: {
        ...looking('b'),
        [of('a', collected)]: `0+${every}x3 stale _x1 ${every * 6}+${every}x${samples}`,
        [gauge('a')]: `${firing.split('x')[0]}x3 stale _x1 ${firing}`,
        [gauge('b')]: firing,
      },
      at: [[held.at, always]],
    },
    {
      name: 'a series that is born with its trouble is seen',
      alert,
      shows: ['late-born series'],
      series: {
        [of('a', collected)]: `_x8 ${every * 8}+${every}x${samples}`,
        [gauge('a')]: `_x8 ${firing}`,
      },
      at: [[held.at, always]],
    },
    {
      name: 'a replica whose look at the database is old is not heard while another has a newer one',
      alert,
      shows: ['frozen exporter', 'two replicas'],
      series: { ...blindFrom('a'), ...looking('b'), [gauge('a')]: firing, [gauge('b')]: quiet },
      at: [[held.at, []]],
    },
    {
      name: 'where all looks are old, what was seen last counts, and the blindness itself calls',
      alert,
      shows: ['frozen exporter'],
      series: { ...blindFrom('a'), ...blindFrom('b'), [gauge('a')]: firing, [gauge('b')]: firing },
      at: [[held.at, spec.blind === null ? [] : fires(spec.blind)]],
      also: [
        [
          held.at,
          'FulfillmentCollectorStale',
          [{ summary: 'No process has read the database for its metrics for 60 s' }],
        ],
      ],
    },
    {
      name: 'a process that has never read the database says nothing',
      alert,
      shows: ['restart'],
      series: { [of('a', collected)]: `0x${samples}`, [gauge('a')]: `0x${samples}` },
      at: [[held.at, []]],
    },
    {
      name: 'where the exporter is gone, its absence calls instead',
      alert,
      shows: ['absent exporter'],
      series: { [of('a', collected)]: `0+${every}x4 stale`, [gauge('a')]: `${firing.split('x')[0]}x4 stale` },
      at: [[held.at, []]],
      also: [[held.at, 'FulfillmentMetricsAbsent', [absent]]],
    },
  ];
}
