import { absent, type Aspect, collected, of, type RuleCase } from './case.ts';

const state = (replica: string, provider: string) =>
  of(replica, 'fulfillment_provider_circuit_state', `provider="${provider}"`);
const looking = (replica: string) => ({ [of(replica, collected)]: '0+15x110' });
const both = { ...looking('a'), ...looking('b') };
const blind = (replica: string) => ({ [of(replica, collected)]: '0+15x4 60x110' });

interface CircuitAlert {
  alert: string;
  firing: { summary: string; labels?: Record<string, string> };
  /** When it is over that the breaker closed after twenty minutes. */
  resolved: string;
}

const down: CircuitAlert = {
  alert: 'FulfillmentMailProvidersDown',
  firing: { summary: 'No mail provider can be called: the breaker of each is open' },
  resolved: '20m6s',
};
const open: CircuitAlert = {
  alert: 'FulfillmentProviderCircuitOpen',
  firing: { summary: 'The breaker of provider smtp is open', labels: { provider: 'smtp' } },
  // Kept for five minutes: a breaker that opens and closes by turns is one trouble.
  resolved: '25m41s',
};

/** Both alerts follow breakers that stay open for five minutes; half open in between is not yet well. */
const casesOf = ({ alert, firing, resolved }: CircuitAlert): RuleCase[] => {
  const always = (name: string, shows: Aspect[], series: Record<string, string>): RuleCase => ({
    name,
    alert,
    shows,
    series,
    at: [['12m3s', [firing]]],
  });
  return [
    {
      name: 'quiet for five minutes, fires when it still holds, once for two replicas, and resolves',
      alert,
      shows: ['just below', 'just above', 'resolve', 'two replicas'],
      series: {
        ...both,
        [state('a', 'smtp')]: '0x19 2x7 1x1 2x49 0x60',
        [state('b', 'smtp')]: '0x19 2x7 1x1 2x49 0x60',
      },
      at: [
        ['10m3s', []],
        ['11m10s', [firing]],
        [resolved, []],
      ],
    },
    always('a replica that restarts changes nothing', ['restart'], {
      ...both,
      [state('a', 'smtp')]: '2x10 stale _x3 2x100',
      [state('b', 'smtp')]: '2x110',
    }),
    always('a series that is born with its trouble is seen', ['late-born series'], {
      [of('a', collected)]: '_x8 120+15x110',
      [state('a', 'smtp')]: '_x8 2x100',
    }),
    {
      name: 'a replica whose look at the database is old is not heard while another has a newer one',
      alert,
      shows: ['frozen exporter'],
      series: {
        ...blind('a'),
        ...looking('b'),
        [state('a', 'smtp')]: '2x110',
        [state('b', 'smtp')]: '0x110',
      },
      at: [['12m3s', []]],
    },
    always('where all looks are old, what was seen last counts', ['frozen exporter'], {
      ...blind('a'),
      [state('a', 'smtp')]: '2x110',
    }),
    {
      name: 'where the exporter is gone, its absence calls instead',
      alert,
      shows: ['absent exporter'],
      series: { [of('a', collected)]: '0+15x4 stale', [state('a', 'smtp')]: '2x4 stale' },
      at: [['12m3s', []]],
      also: [['12m3s', 'FulfillmentMetricsAbsent', [absent]]],
    },
  ];
};

export const circuitCases: readonly RuleCase[] = [
  ...casesOf(down),
  ...casesOf(open),
  {
    name: 'one that can be called is enough, and the breakers of others do not count',
    alert: down.alert,
    shows: ['just below'],
    series: {
      ...both,
      [state('a', 'smtp')]: '2x110',
      [state('a', 'resend')]: '0x110',
      [state('a', 'storage')]: '2x110',
    },
    at: [['12m3s', []]],
    also: [
      [
        '12m3s',
        open.alert,
        [
          open.firing,
          { summary: 'The breaker of provider storage is open', labels: { provider: 'storage' } },
        ],
      ],
    ],
  },
];
