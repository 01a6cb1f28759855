import type { Option } from 'commander';
import { z } from 'zod';
import type { PlainJson } from '../../../domain/canonicalJson.ts';
import type { ExitCode } from '../../exitCodes.ts';
import { readCount } from '../adminOptions.ts';
import type { AdminRun, Input } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, type Given, isGiven, numberOf, option } from '../command.ts';
import type { Danger } from '../confirm.ts';
import { nameOf, type SeenOrder } from './orderView.ts';
import { lookAt, refArgument } from './showOrders.ts';
import { untilOver, waitOption } from './untilOver.ts';

export const versionOption = option(
  '--version <number>',
  'decide on this version, which you looked at; unless told, on the one that is shown now',
  { parse: readCount(1, 999_999_999) },
);

/** A change of one order, as it is declared. */
export interface OrderChange {
  words: string;
  operation: string;
  alias?: string;
  summary: string;
  about?: string;
  options?: readonly Option[];
  examples: AdminCommand['examples'];
  /** The job that is decided about, where it is not the order's own. */
  jobOf?(run: AdminRun, order: SeenOrder): Promise<SeenOrder>;
  /** As it follows “This would”. */
  would(order: SeenOrder, given: Given): string;
  /** What will and will not be done; below the verdict. */
  details?(order: SeenOrder, given: Given): readonly string[];
  /** Yes, unless told. */
  danger?(order: SeenOrder, given: Given): Danger;
  input?(given: Given, order: SeenOrder): Readonly<Record<string, PlainJson | undefined>>;
  /** What is printed of the answer. */
  done(output: Readonly<Record<string, unknown>>, order: SeenOrder): string;
  /** A member of the output that names the job to wait for: there is --wait then. */
  waitFor?: 'jobId' | 'mailJobId';
}

const output = z.looseObject({ jobId: z.string(), version: z.number() });

/** A command that looks at the order, tells what it would do, and decides on the version that it has looked at. */
export function orderChange(change: OrderChange): AdminCommand {
  const { waitFor } = change;
  return {
    words: change.words,
    calls: ['orders:show', change.operation],
    changes: true,
    summary: change.summary,
    ...(change.about === undefined ? {} : { about: change.about }),
    ...(change.alias === undefined ? {} : { alias: change.alias }),
    arguments: [refArgument],
    options: [...(change.options ?? []), versionOption, ...(waitFor === undefined ? [] : [waitOption])],
    examples: change.examples,
    async run(run, given): Promise<ExitCode | void> {
      const found = await lookAt(run, argumentOf(given));
      const order = (await change.jobOf?.(run, found)) ?? found;
      const changed = await run.change(
        {
          operation: change.operation,
          input: inputFor(change, order, given),
          would: change.would(order, given),
          details: [`Now: ${order.verdict}`, ...(change.details?.(order, given) ?? [])],
          danger: change.danger?.(order, given) ?? { level: 'yes' },
        },
        output,
      );
      if (!changed) return;
      const waitsFor = waitFor === undefined ? undefined : changed.seen[waitFor];
      if (isGiven(given, 'wait') && typeof waitsFor === 'string') {
        run.say(change.done(changed.seen, order));
        return waited(run, changedDocument(changed), waitsFor);
      }
      run.show(changedDocument(changed), () => [change.done(changed.seen, order)]);
      run.say(`Next: fulfillment orders show ${typeof waitsFor === 'string' ? waitsFor : nameOf(order)}`);
    },
  };
}

export function inputFor(change: OrderChange, order: SeenOrder, given: Given): Input {
  const members = { jobId: order.jobId, version: numberOf(given, 'version') ?? order.version };
  const more = Object.entries(change.input?.(given, order) ?? {});
  const told = more.filter((member): member is [string, PlainJson] => member[1] !== undefined);
  return { ...members, ...Object.fromEntries(told) };
}

async function waited(run: AdminRun, document: object, jobId: string): Promise<ExitCode> {
  const { code, order } = await untilOver(run, jobId);
  const { state, status, verdict } = order;
  run.show({ ...document, waited: { jobId, state, status, verdict } }, () => [verdict]);
  return code;
}
