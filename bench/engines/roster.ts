import type { CreateEngine } from './engine.ts';

export interface RosterEntry {
  /** The file in this folder, and the first half of an engine's id. */
  name: string;
  /** The folder in node_modules whose version is printed. */
  packageName?: string;
  /** Forms of use, best first. */
  variants: Variant[];
  /** What it works off, if it is not the work in common (effects.ts). */
  work?: Work;
  /** Handlers in flight: the best of a short sweep for each engine. */
  concurrency: number;
  /** The npm package `node22` brings the Node that this engine needs. */
  needsNode22?: boolean;
  /** Something that must be there beside the package. */
  needs?: 'redis' | 'absurdctl';
  /** Patterns (`ilike`) of the statement that claims work, and of others that read what was claimed. */
  claim: string[];
  load(): Promise<{ createEngine: CreateEngine }>;
}

/** Purchases: orders of the shop's own plan. */
export type Work = 'purchases';

export interface Variant {
  name: string;
  effects: 'set-wise' | 'one by one' | 'both' | 'floor';
  /** The largest backlog that is drained in reasonable time. */
  ordersMax: number;
  /** The longest history that is made in reasonable time. */
  finishedMax?: number;
  /** The longest history of which only the rows of jobs are made. */
  rowsMax?: number;
}

const skipLocked = ['%skip locked%'];

/** Every engine that can be measured. Loading one loads its packages, so each process loads only its own. */
export const roster: RosterEntry[] = [
  {
    name: 'raw',
    variants: [
      { name: 'step', effects: 'floor', ordersMax: 1e6 },
      { name: 'single', effects: 'floor', ordersMax: 10_000 },
    ],
    concurrency: 8,
    claim: skipLocked,
    load: () => import('./raw.ts'),
  },
  {
    name: 'ours',
    variants: [
      { name: 'commit', effects: 'set-wise', ordersMax: 1e6, finishedMax: 1e7, rowsMax: 1e7 },
      { name: 'commit-unnamed', effects: 'set-wise', ordersMax: 1e6, finishedMax: 1e7, rowsMax: 1e7 },
      { name: 'make', effects: 'one by one', ordersMax: 20_000, finishedMax: 1e7, rowsMax: 1e7 },
      { name: 'make-unnamed', effects: 'one by one', ordersMax: 20_000, finishedMax: 1e7, rowsMax: 1e7 },
    ],
    concurrency: 16,
    claim: ['%fulfillment_dispatch%skip locked%', '%fulfillment_job_steps s%fulfillment_jobs j%'],
    load: () => import('./ours.ts'),
  },
  {
    name: 'pgboss12',
    packageName: 'pgboss12',
    variants: [
      { name: 'chaintx', effects: 'set-wise', ordersMax: 1e6, finishedMax: 400_000 },
      { name: 'chain', effects: 'one by one', ordersMax: 20_000, finishedMax: 400_000 },
    ],
    concurrency: 16,
    needsNode22: true,
    claim: skipLocked,
    load: () => import('./pgboss12.ts'),
  },
  {
    name: 'pgboss10',
    packageName: 'pg-boss',
    variants: [{ name: 'chain', effects: 'one by one', ordersMax: 20_000 }],
    concurrency: 16,
    claim: skipLocked,
    load: () => import('./pgboss10.ts'),
  },
  {
    name: 'graphile',
    packageName: 'graphile-worker',
    variants: [{ name: 'chain', effects: 'one by one', ordersMax: 4_000 }],
    concurrency: 8,
    claim: skipLocked,
    load: () => import('./graphile.ts'),
  },
  {
    name: 'dbos',
    packageName: '@dbos-inc/dbos-sdk',
    variants: [{ name: 'steps', effects: 'one by one', ordersMax: 1_500, finishedMax: 200_000 }],
    concurrency: 100,
    claim: skipLocked,
    load: () => import('./dbos.ts'),
  },
  {
    name: 'bullmq',
    packageName: 'bullmq',
    variants: [{ name: 'steps', effects: 'one by one', ordersMax: 20_000 }],
    concurrency: 50,
    needs: 'redis',
    claim: [],
    load: () => import('./bullmq.ts'),
  },
  {
    name: 'absurd',
    packageName: 'absurd-sdk',
    variants: [{ name: 'steps', effects: 'one by one', ordersMax: 2_000 }],
    concurrency: 20,
    needs: 'absurdctl',
    claim: ['%absurd.claim_task%'],
    load: () => import('./absurd.ts'),
  },
  {
    name: 'fulfil',
    variants: [
      { name: 'named', effects: 'both', ordersMax: 20_000 },
      { name: 'unnamed', effects: 'both', ordersMax: 20_000 },
      { name: 'told', effects: 'both', ordersMax: 20_000 },
    ],
    work: 'purchases',
    // Jobs in hand, as the service takes them when nothing else is said.
    concurrency: 64,
    claim: ['%fulfillment_dispatch%skip locked%', '%fulfillment_job_steps s%fulfillment_jobs j%'],
    load: () => import('../fulfil/engine.ts'),
  },
];

export interface Contestant {
  /** Such as `pgboss12:chaintx`. */
  id: string;
  entry: RosterEntry;
  variant: Variant;
}

/** @throws Error for an id that is not on the roster */
export function findContestant(id: string): Contestant {
  const [name, variantName] = id.split(':');
  const entry = roster.find((candidate) => candidate.name === name);
  const variant = entry?.variants.find((candidate) => candidate.name === variantName);
  if (entry && variant) return { id, entry, variant };
  const known = roster.flatMap(({ name: engine, variants }) => variants.map((v) => `${engine}:${v.name}`));
  throw new Error(`There is no engine ${id}. Known: ${known.join(', ')}.`);
}
