import { z } from 'zod';
import type { DrillBook } from '../../ports/mailDrill.ts';
import {
  calledProviders,
  type ConfiguredProviders,
  type ProviderRow,
  type ProviderWatch,
} from '../../ports/providerPauses.ts';
import type { ReadOperation } from '../frame/operation.ts';
import { drillShown, pastDrillShape } from './drillShown.ts';

export interface ListProvidersOptions {
  watch: ProviderWatch;
  configured: ConfiguredProviders;
  /** Steps by the provider they call first. One that is not named is counted for nobody. */
  stepsOfProvider: ReadonlyMap<string, readonly string[]>;
  drills: { book: Pick<DrillBook, 'list'>; lastsMaxMs: number };
}

const input = z.strictObject({});
const provider = z.strictObject({
  provider: z.string(),
  state: z
    .enum(['well', 'paused', 'ill', 'tried'])
    .describe('What work for it meets: `tried` is a breaker half open.'),
  breaker: z.strictObject({
    state: z.enum(['closed', 'open', 'half_open']),
    changedAt: z.string().nullable(),
    retryAt: z.string().nullable().describe('When it may be called again; null while it is closed.'),
    failures: z.int().describe('Failures in the current window.'),
    successes: z.int().describe('Successes in the current window, counted from the first failures on.'),
  }),
  pause: z
    .strictObject({ since: z.string(), until: z.string(), by: z.string(), reason: z.string() })
    .nullable(),
  configured: z.boolean().describe('False: with the configuration as it is, it is not called.'),
  waiting: z
    .int()
    .describe(
      'Steps of unfinished jobs that wait for it; mail that waits is counted at the preferred provider.',
    ),
});
const output = z.strictObject({
  providers: z.array(provider),
  countsAreWhole: z.boolean().describe('False: so much is unfinished that only a part of it was counted.'),
  lastDrill: pastDrillShape
    .pick({ id: true, at: true, by: true, verdict: true })
    .nullable()
    .describe('The latest drill of an outage of mail providers; null: none that is still kept.'),
});

/** Every provider: whether it is paused or ill, since when, and what waits for it. */
export function createListProviders({
  watch,
  configured,
  stepsOfProvider,
  drills,
}: ListProvidersOptions): ReadOperation<z.infer<typeof input>, z.infer<typeof output>> {
  return {
    kind: 'read',
    name: 'provider:list',
    permission: 'providers:read',
    summary: 'List the providers with their breakers and pauses, and how much waits for each',
    path: '/providers',
    input,
    output,
    async read() {
      const [rows, waiting, [drill]] = await Promise.all([
        watch.list(),
        watch.waiting(),
        drills.book.list(1),
      ]);
      const known = new Map(rows.map((row) => [row.provider, row]));
      const called: readonly string[] = calledProviders(configured);
      return {
        providers: Array.from(new Set([...called, ...known.keys()]), (name) => {
          const jobs = waiting.steps.filter(({ step }) => stepsOfProvider.get(name)?.includes(step));
          return {
            ...shown(name, known.get(name)),
            configured: called.includes(name),
            waiting: jobs.reduce((sum, one) => sum + one.jobs, 0),
          };
        }),
        countsAreWhole: waiting.complete,
        lastDrill: drill === undefined ? null : inShort(drillShown(drill, drills.lastsMaxMs)),
      };
    },
  };
}

const inShort = ({ id, at, by, verdict }: z.infer<typeof pastDrillShape>) => ({ id, at, by, verdict });

function shown(
  name: string,
  row: ProviderRow | undefined,
): Omit<z.infer<typeof provider>, 'configured' | 'waiting'> {
  const state = row?.state ?? 'closed';
  const pause = row?.pause ?? null;
  return {
    provider: name,
    state: pause ? 'paused' : ({ closed: 'well', open: 'ill', half_open: 'tried' } as const)[state],
    breaker: {
      state,
      changedAt: row?.changedAt.toISOString() ?? null,
      retryAt: row?.retryAt?.toISOString() ?? null,
      failures: row?.failures ?? 0,
      successes: row?.successes ?? 0,
    },
    pause: pause && {
      since: pause.since.toISOString(),
      until: pause.until.toISOString(),
      by: pause.by,
      reason: pause.reason,
    },
  };
}
