import { z } from 'zod';
import type { PlainJson } from '../../../domain/canonicalJson.ts';
import { AdminProblem } from '../adminClient.ts';
import type { AdminRun } from '../adminRun.ts';
import { changedDocument } from '../changed.ts';
import { type AdminCommand, argumentOf, option, textOf } from '../command.ts';
import { inputOf } from '../inputOf.ts';
import { nameOf, type SeenOrder } from './orderView.ts';
import { lookAt } from './showOrders.ts';

export const grantOrder: AdminCommand = {
  words: 'orders grant',
  calls: ['entitlement:grant'],
  changes: true,
  summary: 'give a book to somebody: it comes to their shelf, and a mail brings the links',
  about: 'Needs a reason, and the address typed once more. There is no payment and no receipt.',
  arguments: [['<product>', 'as the catalogue names it']],
  options: [
    option('--email <address>', 'whose shelf it comes to', { required: true }),
    option('--formats <formats>', 'only these, with commas, such as pdf,epub'),
    option('--name <name>', 'what stands in the copy'),
    option('--language <language>', 'of the mail', { choices: ['en', 'pl'] }),
  ],
  examples: [['fulfillment orders grant night-train --email anna@books.example --reason "review copy"', '']],
  async run(run, given) {
    const [productId, email] = [argumentOf(given), textOf(given, 'email') ?? ''];
    const changed = await run.change(
      {
        operation: 'entitlement:grant',
        input: inputOf({
          email,
          productId,
          formats: textOf(given, 'formats')
            ?.split(',')
            .map((format) => format.trim()),
          buyerName: textOf(given, 'name'),
          language: textOf(given, 'language'),
        }),
        would: `give ${productId} to ${email}`,
        details: ['A mail brings the links.'],
        danger: { level: 'typed', value: email, what: 'the address' },
      },
      z.looseObject({ jobId: z.string(), orderId: z.string() }),
    );
    if (!changed) return;
    run.show(changedDocument(changed), () => [`${productId} is given as order ${changed.seen.orderId}.`]);
    run.say(`Next: fulfillment orders show ${changed.seen.orderId}`);
  },
};

export const adoptOrder: AdminCommand = {
  words: 'orders adopt',
  calls: ['orders:show', 'payment:adopt'],
  changes: true,
  summary:
    'record an older sale, or an order that is held, and give the buyer what they own, without any mail',
  about: 'Needs a reason.',
  arguments: [['<ref>', 'pi_… or cs_… of a sale that nothing was done for, or an order that is held']],
  examples: [['fulfillment orders adopt pi_3QabcDEF --reason "sold before we began, ticket 4711"', '']],
  async run(run, given) {
    const ref = argumentOf(given);
    const order = await knownOrder(run, ref);
    const changed = await run.change(
      {
        operation: 'payment:adopt',
        input: adopted(ref, order),
        would: `adopt ${order ? nameOf(order) : ref}`,
        details: [
          ...(order ? [`Now: ${order.verdict}`] : ['Nothing was done for it before.']),
          'Nobody is mailed. The buyer owns the books, and finds them on their shelf.',
        ],
        danger: { level: 'yes' },
      },
      z.looseObject({ jobId: z.string(), orderId: z.string().nullable(), leftOut: z.array(z.string()) }),
    );
    if (!changed) return;
    const { orderId, jobId, leftOut } = changed.seen;
    run.show(changedDocument(changed), () => [
      `${orderId ?? jobId} is adopted.${leftOut.length === 0 ? '' : ` Left out: ${leftOut.join(', ')}.`}`,
    ]);
    run.say(`Next: fulfillment orders show ${orderId ?? jobId}`);
  },
};

const isPayment = (ref: string) => /^(pi|cs)_/.test(ref);

function adopted(ref: string, order: SeenOrder | undefined): Record<string, PlainJson> {
  return order ? { jobId: order.jobId, version: order.version } : { paymentKey: ref };
}

/** A payment that nothing was done for is not found: that is the one to adopt. */
async function knownOrder(run: AdminRun, ref: string): Promise<SeenOrder | undefined> {
  try {
    return await lookAt(run, ref);
  } catch (error) {
    if (error instanceof AdminProblem && error.kind === 'not_found' && isPayment(ref)) return undefined;
    throw error;
  }
}
