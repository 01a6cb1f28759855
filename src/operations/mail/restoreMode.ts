import { z } from 'zod';
import type { MailGateControl, RaisedSeries } from '../../ports/mailGate.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';
import { gateShown, gateText, showGate } from './gateShown.ts';

export interface RestoreModeOptions {
  gate: Pick<MailGateControl, 'lock' | 'open' | 'close' | 'raiseSeries'>;
  receiptSeriesPrefix: string;
  creditNoteSeriesPrefix: string;
}

const number = (what: string) =>
  z
    .string()
    .regex(
      /^[A-Z0-9][A-Z0-9-]{0,31}\/\d{1,12}$/,
      'must be a number as it is printed, for example R-2026/000123',
    )
    .optional()
    .describe(
      `The last ${what} that was issued before the restore, as far as anybody knows: the next one is above it.`,
    );

const input = z.strictObject({
  mode: z.enum(['on', 'off']).describe('on: mail is held until it is released or dropped.'),
  receiptsIssuedTo: number('receipt'),
  creditNotesIssuedTo: number('credit note'),
});
type Input = z.infer<typeof input>;
const output = z.strictObject({
  ...gateShown,
  raised: z
    .array(z.strictObject({ series: z.string(), from: z.int(), to: z.int() }))
    .describe('Series whose numbers between these two are not given any more.'),
});

/** A number too far away is a slip of the pen: the gap could never be explained. */
const gapMax = 100_000;

/**
 * After a backup was restored, this database does not know what was sent and issued since: mails are held, those that the
 * journal shows are not sent again, and numbers begin above the last one that is known.
 */
export function createRestoreMode(
  options: RestoreModeOptions,
): ChangeOperation<Input, z.infer<typeof output>> {
  const { gate } = options;
  return {
    kind: 'change',
    name: 'mode:restore',
    permission: 'mode:restore',
    summary:
      'After a backup was restored: hold all mail, and raise the numbers of receipts above those issued',
    path: '/modes/restore',
    reason: 'required',
    input,
    output,
    target: () => ({ kind: 'mail', id: 'all' }),
    async change(tx, given, by) {
      const before = await gate.lock(tx);
      if (given.mode === 'off') insistOnNothingHeld(before);
      const raised = await raiseAll(tx, given);
      if (given.mode === 'off') await gate.open(tx, by.actor);
      // What it was closed for already stays held, and is looked for in the journal as well.
      else if (before.why !== 'restore') await gate.close(tx, 'restore', by.actor);
      const after = await gate.lock(tx);
      return {
        output: { ...showGate(after), raised },
        before: gateText(before),
        after: gateText(after),
        details: { raised: raised.map(({ series, from, to }) => ({ series, from, to })) },
        work: given.mode === 'off',
      };
    },
  };

  async function raiseAll(
    tx: Transaction,
    { receiptsIssuedTo, creditNotesIssuedTo }: Input,
  ): Promise<RaisedSeries[]> {
    const wanted = [
      { field: 'receiptsIssuedTo', text: receiptsIssuedTo, prefix: options.receiptSeriesPrefix },
      { field: 'creditNotesIssuedTo', text: creditNotesIssuedTo, prefix: options.creditNoteSeriesPrefix },
    ];
    const raised: RaisedSeries[] = [];
    for (const { field, text, prefix } of wanted) {
      if (text === undefined) continue;
      const [series = '', digits = ''] = text.split('/');
      if (!new RegExp(`^${prefix}-\\d{4}$`).test(series)) throw otherSeries(field, prefix);
      const one = await gate.raiseSeries(tx, series, Number(digits));
      if (one.to - one.from > gapMax) throw tooFar(field, one);
      raised.push(one);
    }
    return raised;
  }
}

function insistOnNothingHeld({ why, held }: { why: string | null; held: number }): void {
  if (why !== 'restore')
    throw new Refusal({
      kind: 'wrong_state',
      code: 'restore_mode_off',
      detail: 'Restore mode is off already.',
      remedy: 'Look with mail:show.',
    });
  if (held === 0) return;
  throw new Refusal({
    kind: 'wrong_state',
    code: 'mail_held',
    detail: `${held} mails are held that the journal does not show.`,
    remedy: 'Release them (mail:release) or drop them (mail:drop): either ends restore mode.',
  });
}

const otherSeries = (field: string, prefix: string) =>
  new Refusal({
    kind: 'invalid_input',
    code: 'unknown_series',
    field,
    detail: `The series must be ${prefix} with a year, for example ${prefix}-2026/000123.`,
  });

const tooFar = (field: string, { series, from, to }: RaisedSeries) =>
  new Refusal({
    kind: 'invalid_input',
    code: 'gap_too_wide',
    field,
    detail: `${series} is at ${from}; raising it to ${to} would leave a gap of more than ${gapMax}.`,
    remedy: 'Check the number.',
  });
