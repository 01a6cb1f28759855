import { z } from 'zod';
import { deliveryStates } from '../../domain/deliveryState.ts';
import { evidenceCharactersMax } from '../../domain/disputeEvidence.ts';
import { shownOrder } from '../orders/orderParts.ts';

const text = z.string().nullable();
const time = z.string().describe('ISO 8601, UTC.');

const bounded = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    total: z.int().describe('How many there are.'),
    items: z.array(item).describe('The oldest first; of too many, the latest.'),
  });

const payment = z.strictObject({
  key: z.string(),
  paymentIntentId: text,
  checkoutSessionId: text,
  chargeId: text,
  livemode: z.boolean(),
  paid: z.boolean(),
  paidAt: time.nullable(),
  amountMinor: z.int().nullable().describe('Minor units of the currency.'),
  currency: text,
});

const buyer = z.strictObject({
  email: z.string().describe('As it was given at the purchase.'),
  correctedEmail: text.describe('Where mails go since staff has corrected it.'),
  name: text,
  company: text,
  addressLines: z.array(z.string()),
});

const line = z.strictObject({
  lineNo: z.int(),
  productId: z.string(),
  productVersion: z.string(),
  title: z.string(),
  formats: z.array(z.string()),
  quantity: z.number(),
  totalMinor: z.number().nullable().describe('Minor units; null where the order does not tell.'),
  access: text.describe('State of the right to the book; null when none was granted.'),
  availableAt: time.nullable().describe('When the book could be downloaded for the first time.'),
});

const mail = z.strictObject({
  kind: z.string(),
  to: text.describe('Null when whose it was is forgotten.'),
  state: z.string(),
  provider: text,
  writtenAt: time,
  acceptedAt: time.nullable().describe('When a provider took it.'),
  delivery: z.enum(deliveryStates).nullable().describe('The furthest that is known of it.'),
  heard: z
    .array(z.strictObject({ kind: z.string(), at: time, source: z.string(), cause: text, status: text }))
    .describe('What was reported of it later: delivered, delayed, bounced, complained.'),
});

const link = z.strictObject({
  lineNo: z.int(),
  format: z.string(),
  origin: z.string().describe('Where it stood: `mail` or `shelf`.'),
  createdAt: time,
  expiresAt: time,
  endedAt: time.nullable(),
});

const download = z.strictObject({
  at: time,
  lineNo: z.int(),
  format: z.string(),
  deliveredBy: z.enum(['stream', 'redirect']),
  program: z.boolean().describe('Asked by a mail scanner or a preview: no evidence of a person.'),
  extent: z
    .enum(['whole', 'part', 'under_way', 'not_seen'])
    .describe(
      '`not_seen`: the file store delivered it. `under_way`: it has not ended, or nobody saw its end.',
    ),
  sentBytes: z.int(),
  sizeBytes: z.int().nullable().describe('Of the whole file.'),
  finishedAt: time.nullable(),
  addressHash: text.describe('Keyed hash of the network address, never the address itself.'),
  seenBefore: z.boolean().nullable().describe('This buyer had downloaded from the same address before.'),
  seenInOtherOrder: z.boolean().nullable().describe('So they had, by another order of theirs.'),
});

const total = z.strictObject({
  lineNo: z.int(),
  format: z.string(),
  deliveries: z.int(),
  whole: z.int().describe('Deliveries that brought the whole file in one go.'),
  redirects: z.int(),
  sentBytes: z.int(),
  addresses: z.int().describe('Distinct network addresses.'),
  firstAt: time,
  lastAt: time,
});

const stripe = z.strictObject({
  evidence: z
    .record(z.string(), z.string())
    .describe('Texts by the names of Stripe’s `evidence` object, to be sent as they are or pasted.'),
  files: z
    .array(z.strictObject({ field: z.string(), what: z.string() }))
    .describe('Fields that take an uploaded file, and which one would help.'),
  byHand: z
    .array(z.strictObject({ field: z.string(), why: z.string() }))
    .describe('Fields that nothing stored here can fill.'),
  limits: z.record(z.string(), z.int()).describe('The most characters that were put into each text.'),
  characters: z.int().describe('Of all texts together.'),
  charactersMax: z.int().describe(`Stripe takes ${evidenceCharactersMax} in all fields together.`),
});

/** The evidence of an order as it is handed out. */
export const shownEvidence = z.strictObject({
  asOf: time,
  orderId: z.string(),
  jobId: z.string(),
  forgottenAt: time.nullable().describe('When the buyer was forgotten: what said who it was is gone.'),
  payment,
  receipt: z.strictObject({ number: z.string(), issuedAt: time }).nullable(),
  buyer: buyer.nullable(),
  lines: z.array(line),
  mails: bounded(mail),
  links: bounded(link),
  downloads: bounded(download),
  downloadTotals: z.array(total).describe('All deliveries to people, also those that are not listed.'),
  claims: bounded(z.strictObject({ at: time, way: z.string(), outcome: z.string() })).describe(
    'Who signed in to make the shelf theirs, or was refused; not who it was.',
  ),
  money: shownOrder.shape.money,
  timeline: z.array(z.strictObject({ at: time, what: z.string() })),
  stripe,
});
export type ShownEvidence = z.infer<typeof shownEvidence>;
/** Everything but what is made of it. */
export type EvidenceFacts = Omit<ShownEvidence, 'timeline' | 'stripe'>;
