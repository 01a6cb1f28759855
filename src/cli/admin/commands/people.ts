import { z } from 'zod';
import { untilOver, waitOption } from '../orders/untilOver.ts';
import { changedDocument } from '../changed.ts';
import { outOption, takeAway } from '../takeAway.ts';
import { type AdminCommand, argumentOf, isGiven, option } from '../command.ts';

const erased = z.looseObject({
  erasureId: z.string(),
  jobId: z.string(),
  payments: z.number(),
  mails: z.number(),
  events: z.number(),
  files: z.number(),
  formerOrders: z.number(),
});

function forgotten({
  payments,
  mails,
  events,
  files,
  formerOrders,
  jobId,
  erasureId,
}: z.infer<typeof erased>) {
  return [
    `Forgotten: ${payments} orders, ${mails} mails, ${events} events of Stripe. Erasure ${erasureId}.`,
    `${files} files are being removed by job ${jobId}.`,
    ...(formerOrders > 0
      ? [
          `${formerOrders} orders of others had this address before it was corrected: only mails to it are forgotten there.`,
        ]
      : []),
  ];
}

const erase: AdminCommand = {
  words: 'person erase',
  calls: ['person:erase'],
  changes: true,
  summary: 'forget one person: everything but what tax law asks for, which stays without who it was',
  about:
    'Needs a reason without the address in it, and the address typed. There is no way back. Receipts keep number, amounts, taxes and dates; access to all books ends; files are removed by a job.',
  arguments: [['<email>', 'the address of the person']],
  options: [option('--cancel-open', 'cancel what is still being done for their orders first'), waitOption],
  examples: [['fulfillment person erase anna@example.com --reason "asked for, ticket 4711" --wait', '']],
  async run(run, given) {
    const email = argumentOf(given);
    const changed = await run.change(
      {
        operation: 'person:erase',
        input: { email, ...(isGiven(given, 'cancelOpen') ? { cancelOpen: true } : {}) },
        would: 'forget everything that is stored of this person',
        details: [
          'All of their orders, and those of addresses that were put together with theirs, lose their buyer.',
          'Backups keep it until they expire.',
        ],
        danger: { level: 'typed', value: email, what: 'the address' },
      },
      erased,
    );
    if (!changed) return;
    const { jobId } = changed.seen;
    if (!isGiven(given, 'wait')) {
      run.show(changedDocument(changed), () => forgotten(changed.seen));
      run.say(`Next: fulfillment orders show ${jobId}`);
      return;
    }
    for (const line of forgotten(changed.seen)) run.say(line);
    const { code, order } = await untilOver(run, jobId);
    run.show({ ...changedDocument(changed), state: order.state }, () => [
      order.state === 'completed'
        ? 'The files are gone.'
        : `The files are not all gone yet (${order.state}): fulfillment orders show ${jobId}`,
    ]);
    return code;
  },
};

const exported = z.looseObject({ rows: z.number(), text: z.string() });

const take: AdminCommand = {
  words: 'person export',
  calls: ['person:export'],
  changes: false,
  reason: true,
  summary:
    'take away everything that is stored of one person, to give it to them; that you did is in the audit',
  arguments: [['<email>', 'the address of the person']],
  options: [outOption],
  examples: [
    ['fulfillment person export anna@example.com --reason "asked for, ticket 4711" --out anna.ndjson', ''],
  ],
  async run(run, given) {
    const { raw } = await run.read('person:export', { email: argumentOf(given) }, exported);
    await takeAway(run, given, { raw, ...exported.parse(raw) });
  },
};

export const peopleCommands: readonly AdminCommand[] = [take, erase];
