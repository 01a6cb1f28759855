import type { PlainJson } from '../../domain/canonicalJson.ts';
import { safeText } from '../output/safeText.ts';
import { type AdminRun, membersOf } from './adminRun.ts';
import { type Given, option, textOf } from './command.ts';

/** What an export has answered, as it is: it goes into a file, where everything must stay as it was. */
export interface Exported {
  raw: PlainJson;
  rows: number;
  /** Lines with their ends. */
  text: string;
}

export const outOption = option('--out <file>', 'write it into this new file, readable by you alone');

/** Members of the answer that are the export itself, and stand in the file when there is one. */
const bulk = ['text', 'rows', 'csv'];

/** Writes an export into a file, or out for the next program; to a terminal nothing goes that it would obey. */
export async function takeAway(run: AdminRun, given: Given, { raw, rows, text }: Exported): Promise<void> {
  const file = textOf(given, 'out');
  const counted = `${rows} ${rows === 1 ? 'row' : 'rows'}`;
  if (file !== undefined) {
    await run.writeFile(file, text);
    const rest = Object.entries(membersOf(raw)).filter(([name]) => !bulk.includes(name));
    run.show({ ...Object.fromEntries(rest), rows, file }, () => []);
    run.say(`${counted} in ${file}.`);
    return;
  }
  run.show(membersOf(raw), () => {
    const whole = text.replace(/\r?\n$/, '');
    if (whole === '') return [];
    return run.terminal.printedToPeople ? whole.split(/\r?\n/).map(safeText) : [whole];
  });
  run.say(`${counted}.`);
}
