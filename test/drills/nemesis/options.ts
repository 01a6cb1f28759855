import { parseArgs } from 'node:util';

export interface NemesisOptions {
  payments: number;
  minutes: number;
  seed: number;
}

export const nemesisUsage = `npm run drills -- [--payments N] [--minutes M] [--seed S]

  --payments N   payments made, 1 to 5000 (default 2000); faults grow with them
  --minutes M    for how long payments come and faults strike, 0.2 to 600 (default 12)
  --seed S       decides which fault strikes whom and when (default: the time of day)`;

/** @throws Error that names the option and what it takes */
export function readNemesisOptions(argv: string[], nowMs: number): NemesisOptions {
  const { values } = parseArgs({
    args: argv,
    options: { payments: { type: 'string' }, minutes: { type: 'string' }, seed: { type: 'string' } },
  });
  const payments = read('--payments', values.payments ?? '2000', 1, 5_000);
  const seed = read('--seed', values.seed ?? String(nowMs % 1_000_000), 0, 2 ** 32 - 1);
  for (const [name, value] of [
    ['--payments', payments],
    ['--seed', seed],
  ] as const)
    if (!Number.isInteger(value)) throw new Error(`${name} must be a whole number.`);
  return { payments, minutes: read('--minutes', values.minutes ?? '12', 0.2, 600), seed };
}

function read(name: string, text: string, least: number, most: number): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= least && value <= most))
    throw new Error(`${name} must be a number from ${least} to ${most}, and is ${JSON.stringify(text)}.`);
  return value;
}

export const replayCommand = ({ payments, minutes, seed }: NemesisOptions): string =>
  `npm run drills -- --payments ${payments} --minutes ${minutes} --seed ${seed}`;
