import { z } from 'zod';
import { formats } from '../../domain/effectKey.ts';
import { parseEmailAddress } from '../../domain/emailAddress.ts';
import { type Language, languages, type Order } from '../../domain/order.ts';
import { orderIdFrom } from '../../domain/orderId.ts';
import type { Plan } from '../../domain/plan.ts';
import { printableText } from '../../domain/printableText.ts';
import type { GivenProduct, HandMadeOrders } from '../../ports/handMadeOrders.ts';
import type { Random } from '../../ports/random.ts';
import type { ChangeOperation } from '../frame/operation.ts';
import { Refusal } from '../frame/refusal.ts';

export interface GrantEntitlementOptions {
  orders: HandMadeOrders;
  random: Random;
  /** A new uuid. */
  newId(): string;
  /** What becomes of a gift: steps/handMadeOrders.ts. */
  plan: Plan;
  livemode: boolean;
  slaSeconds: number;
  defaultLanguage: Language;
}

const input = z.strictObject({
  email: z.string().max(512).describe('Whose shelf the book comes to: an address alone, no name beside it.'),
  productId: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,98}[a-z0-9]$/)
    .describe('The product, as the catalogue names it.'),
  formats: z
    .array(z.enum(formats))
    .min(1)
    .max(formats.length)
    .optional()
    .describe('Only these formats; all that the product has, unless said.'),
  buyerName: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe('What stands in the copy, beside the order’s id.'),
  language: z.enum(languages).optional().describe('In which language the mail is written.'),
});
const output = z.strictObject({
  jobId: z.string().describe('The job that puts the book on the shelf and sends its links.'),
  orderId: z.string(),
  paymentKey: z.string().describe('Ours: Stripe knows nothing of it.'),
  productId: z.string(),
  formats: z.array(z.enum(formats)),
});

/** A book is given: an order of nothing, without a receipt, done by the same steps as every other. */
export function createGrantEntitlement(
  options: GrantEntitlementOptions,
): ChangeOperation<z.infer<typeof input>, z.infer<typeof output>> {
  const { orders, livemode } = options;
  return {
    kind: 'change',
    name: 'entitlement:grant',
    permission: 'entitlement:grant',
    summary: 'Give a book to somebody: it comes to their shelf, and a mail brings the links',
    path: '/entitlements/grant',
    reason: 'required',
    input,
    output,
    target: ({ productId }) => ({ kind: 'product', id: productId }),
    async change(tx, given, by) {
      const email = parseEmailAddress(given.email);
      if (!email) throw unusableEmail();
      const product = await orders.findProduct(tx, given.productId);
      if (!product) throw unknownProduct();
      const chosen = formatsOf(product, given.formats);
      const language = given.language ?? options.defaultLanguage;
      const name = printableText(given.buyerName ?? '', 300) || null;
      const buyer = { canonicalEmail: email.canonical, email: email.original, name, language };
      const { owns } = await orders.lockBuyer(tx, buyer, product.productId);
      if (owns) throw ownedAlready();

      const orderId = orderIdFrom(options.random.bytes(12));
      const paymentKey = `grant_${options.newId().replaceAll('-', '')}`;
      const currency = product.currency ?? 'eur';
      const { paymentId, paidAt } = await orders.addGift(tx, { paymentKey, orderId, livemode, currency });
      const order: Order = {
        ...{ orderId, paymentKey, livemode, currency },
        buyer: { email: email.original, name, company: null, taxIds: [], address: null, language },
        lines: [lineOf(product, chosen)],
        ...nothing,
        paidAt: paidAt.toISOString(),
      };
      const { plan, slaSeconds } = options;
      const jobId = await orders.addJob(tx, { paymentId, plan, order, slaSeconds, actor: by.actor });
      return {
        output: { jobId, orderId, paymentKey, productId: product.productId, formats: chosen },
        before: {},
        after: { jobId, orderId, paymentKey },
        details: { productVersion: product.version, formats: chosen },
        work: true,
      };
    },
  };
}

const nothing = { subtotal: 0, discount: 0, tax: 0, total: 0 };

const lineOf = (product: GivenProduct, chosen: GivenProduct['formats']): Order['lines'][number] => ({
  lineNo: 1,
  productId: product.productId,
  productVersion: product.version,
  formats: chosen,
  title: product.title,
  quantity: 1,
  unitAmount: 0,
  taxPercent: null,
  ...nothing,
});

/** In the order of the product's own. */
function formatsOf(
  product: GivenProduct,
  wanted: GivenProduct['formats'] = product.formats,
): GivenProduct['formats'] {
  const missing = wanted.filter((format) => !product.formats.includes(format));
  if (missing.length === 0 && product.formats.length > 0)
    return product.formats.filter((format) => wanted.includes(format));
  throw new Refusal({
    kind: 'wrong_state',
    code: 'no_such_file',
    field: 'formats',
    detail:
      missing.length > 0
        ? `The product has no ${missing.join(' and no ')}.`
        : 'The product has no files in its present version.',
    remedy: 'Import its files first, or choose among the formats that it has.',
  });
}

const unknownProduct = () =>
  new Refusal({
    kind: 'not_found',
    code: 'unknown_product',
    field: 'productId',
    detail: 'The catalogue has no such product.',
  });

const unusableEmail = () =>
  new Refusal({
    kind: 'invalid_input',
    code: 'unusable_email',
    field: 'email',
    detail: 'This is not an e-mail address that we can send to.',
  });

const ownedAlready = () =>
  new Refusal({
    kind: 'wrong_state',
    code: 'owned_already',
    detail: 'The book stands on that shelf already, or is on its way there.',
    remedy: 'Find the order, and issue new links.',
  });
