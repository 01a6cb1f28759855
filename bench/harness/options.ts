import { parseArgs } from 'node:util';
import { z } from 'zod';

/** What a question can be told. Each question names its own defaults. */
export interface Options {
  /** Ids such as `pgboss12:chaintx`. */
  engines: string[];
  /** Orders per measurement; engines that would take minutes get fewer (roster.ts). */
  n: number;
  reps: number;
  seconds: number;
  /** Orders a second in questions with a steady load. */
  rate: number;
  /** Finished orders kept, with all their history. */
  finished: number;
  /** Finished orders in all, most of them as rows in the table of jobs only. */
  rows: number;
  /** Orders worked off while a snapshot is held, before the measurement. */
  churn: number;
  /** Worker processes, as one measurement each. */
  workers: number[];
  /** Seconds without progress after which nobody waits for an engine any longer. */
  patience: number;
}

export interface CommandLine {
  questions: string[];
  quick: boolean;
  given: Partial<Options>;
  /** Where results go; by default a file named by the date. */
  out: string | undefined;
  redisServer: string;
  absurdctl: string;
}

const whole = z.coerce.number().int().positive().optional();
const list = z
  .string()
  .transform((text) => text.split(','))
  .optional();

const flagsSchema = z.object({
  engines: list,
  n: whole,
  reps: whole,
  seconds: whole,
  rate: whole,
  finished: whole,
  rows: whole,
  churn: whole,
  workers: list.transform((texts) => texts && z.array(z.coerce.number().int().positive()).parse(texts)),
  patience: whole,
  quick: z.boolean().default(false),
  out: z.string().optional(),
  'redis-server': z.string().default('redis-server'),
  absurdctl: z.string().default('absurdctl'),
});

const text = { type: 'string' } as const;

/** @throws Error for a flag that is not known or has no sensible value */
export function parseCommandLine(args: string[]): CommandLine {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      engines: text,
      n: text,
      reps: text,
      seconds: text,
      rate: text,
      finished: text,
      rows: text,
      churn: text,
      workers: text,
      patience: text,
      quick: { type: 'boolean' },
      out: text,
      'redis-server': text,
      absurdctl: text,
    },
  });
  const { quick, out, 'redis-server': redisServer, absurdctl, ...given } = flagsSchema.parse(values);
  return { questions: positionals, quick, given: withoutGaps(given), out, redisServer, absurdctl };
}

function withoutGaps(given: { [K in keyof Options]?: Options[K] | undefined }): Partial<Options> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
