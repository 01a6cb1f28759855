import { z } from 'zod';
import { safeDocument, safeText } from '../../output/safeText.ts';
import { membersOf } from '../adminRun.ts';
import { type AdminCommand, argumentOf, isGiven, option, textOf } from '../command.ts';
import { refArgument, lookAt } from '../orders/showOrders.ts';
import { outOption } from '../takeAway.ts';

const view = z.looseObject({
  orderId: z.string(),
  forgottenAt: z.string().nullable(),
  downloads: z.looseObject({ total: z.number(), items: z.array(z.unknown()) }),
  stripe: z.looseObject({
    evidence: z.record(z.string(), z.string()),
    files: z.array(z.looseObject({ field: z.string(), what: z.string() })),
    byHand: z.array(z.looseObject({ field: z.string(), why: z.string() })),
    limits: z.record(z.string(), z.number()),
    characters: z.number(),
    charactersMax: z.number(),
  }),
});
type Evidence = z.infer<typeof view>;

/** Answers a dispute with what is known of an order. */
export const evidenceCommand: AdminCommand = {
  words: 'evidence',
  calls: ['orders:show', 'evidence:export'],
  changes: false,
  reason: true,
  summary: 'take away the evidence of an order for a dispute: payment, mails, downloads, and Stripe’s fields',
  about:
    'One JSON document, or with --text what is pasted into Stripe’s form field by field. Needs a reason. The buyer stands in it unmasked, network addresses as hashes alone; that you took it is in the audit.',
  arguments: [refArgument],
  options: [outOption, option('--text', 'plain text, field by field of Stripe’s form')],
  examples: [
    ['fulfillment evidence R-2026/000123 --reason "dispute dp_1Q…" --out dispute.json', ''],
    ['fulfillment evidence pi_3Q… --reason "dispute dp_1Q…" --text', 'to paste into the form'],
  ],
  async run(run, given) {
    await run.needReason('evidence:export');
    const { jobId } = await lookAt(run, argumentOf(given));
    const { raw } = await run.read('evidence:export', { jobId }, view);
    const evidence = view.parse(raw);
    const lines = isGiven(given, 'text') ? formLines(evidence) : safeDocument(raw).split('\n');
    const file = textOf(given, 'out');
    if (file === undefined) run.show(membersOf(raw), () => lines);
    else {
      await run.writeFile(file, `${lines.join('\n')}\n`);
      run.show({ orderId: evidence.orderId, file }, () => []);
      run.say(`Evidence of order ${safeText(evidence.orderId)} in ${safeText(file)}.`);
    }
    for (const line of remarks(evidence)) run.say(line);
  },
};

/** Line breaks of a field are meant, and nothing else that a terminal or a form would obey. */
const textLines = (text: string) => text.split('\n').map(safeText);

function formLines({ stripe }: Evidence): string[] {
  const { evidence, files, byHand, limits, characters, charactersMax } = stripe;
  return [
    ...Object.entries(evidence).flatMap(([field, text]) => [
      `=== ${safeText(field)} (${text.length} of at most ${limits[field] ?? charactersMax} characters)`,
      ...textLines(text),
      '',
    ]),
    `=== Files to upload`,
    ...files.map(({ field, what }) => `${safeText(field)}: ${safeText(what)}`),
    '',
    `=== Left to you`,
    ...byHand.map(({ field, why }) => `${safeText(field)}: ${safeText(why)}`),
    '',
    `All texts together: ${characters} characters; Stripe takes ${charactersMax}.`,
  ];
}

function remarks({ forgottenAt, downloads }: Evidence): string[] {
  const { total, items } = downloads;
  return [
    ...(forgottenAt === null
      ? []
      : [`The buyer was forgotten on ${safeText(forgottenAt)}: what said who it was is gone.`]),
    ...(total > items.length
      ? [`Of ${total} deliveries the latest ${items.length} are listed; sums count them all.`]
      : []),
  ];
}
