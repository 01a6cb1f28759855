import { z } from 'zod';
import { deliveryStates } from '../../domain/deliveryState.ts';
import { shownAttempt } from './shownAttempts.ts';

const text = z.string().nullable();
const time = z.string().describe('ISO 8601, UTC.');
const json = z.record(z.string(), z.unknown());
const progress = { attempts: z.int(), dueAt: time.nullable(), reason: text, updatedAt: time.nullable() };

const buyer = z.strictObject({
  email: text,
  name: text,
  company: text,
  taxIds: z.array(z.strictObject({ type: z.string(), value: z.string() })),
  country: text,
  language: text,
});

const line = z.strictObject({
  lineNo: z.int(),
  productId: z.string(),
  productVersion: z.string(),
  title: z.string(),
  formats: z.array(z.string()),
  quantity: z.number(),
  unitAmount: z.number(),
  subtotal: z.number(),
  discount: z.number(),
  tax: z.number(),
  total: z.number(),
});

const mail = z.strictObject({
  mailId: z.string(),
  kind: z.string(),
  state: z.string(),
  to: z.string().describe('Masked.'),
  ambiguities: z.int().describe('How often it was sent again after an attempt without an answer.'),
  provider: text,
  reference: text.describe('The provider’s own word that it has taken the mail.'),
  createdAt: time,
  acceptedAt: time.nullable(),
  provenAt: time.nullable().describe('When it was certain that its provider has taken it for good.'),
  delivery: z
    .enum(deliveryStates)
    .nullable()
    .describe('What is known of it after it was handed over; null: nobody has taken it.'),
  awaitsReport: z
    .boolean()
    .describe('Accepted by a provider that reports each mail, and no delivery event of it has come yet.'),
  evidence: z
    .array(
      z.strictObject({
        kind: z.string(),
        at: time,
        source: z.string().describe('Where it was heard.'),
        provider: text,
        permanence: text.describe('Of a mail that came back: hard, it will not arrive, or soft.'),
        cause: text,
        status: text.describe('Enhanced status code (RFC 3463).'),
      }),
    )
    .describe('What was heard of it, the oldest first.'),
  attemptCount: z.int(),
  attempts: z.array(
    z.strictObject({
      attempt: z.int(),
      provider: z.string(),
      intendedAt: time,
      finishedAt: time.nullable(),
      outcome: text.describe('Null: none is known, so it may have been taken.'),
      final: z.boolean().describe('Refused in a way that no repeat at this provider would change.'),
      detail: text,
    }),
  ),
});

const entitlement = z.strictObject({
  entitlementId: z.string(),
  lineNo: z.int(),
  productId: z.string(),
  productVersion: z.string(),
  title: z.string(),
  formats: z.array(z.string()),
  quantity: z.int(),
  state: z.string(),
  claimed: z.boolean().describe('Whether the profile that owns it was claimed by an account.'),
  createdAt: time,
  history: z.array(z.strictObject({ at: time, from: text, to: z.string(), reason: z.string() })),
  links: z.array(
    z.strictObject({
      format: z.string(),
      links: z.int(),
      live: z.int().describe('Those that work now.'),
      expiresAt: time.nullable().describe('The latest expiry.'),
    }),
  ),
  downloads: z.array(z.strictObject({ format: z.string(), count: z.int(), lastAt: time })),
});

const file = z.strictObject({
  kind: z.string(),
  lineNo: z.int(),
  format: z.string(),
  sizeBytes: z.number(),
  sha256Prefix: z.string(),
  storedAt: time,
});

const relatedJob = z.strictObject({
  jobId: z.string(),
  kind: z.string(),
  state: z.string(),
  reason: text,
  failedStep: text,
  createdAt: time,
  finishedAt: time.nullable(),
});

const finding = z.strictObject({
  findingId: z.string(),
  kind: z.string(),
  state: z.string(),
  details: json,
  version: z.int(),
  foundAt: time,
  closedAt: time.nullable(),
  closeReason: text,
});

const alert = z.strictObject({
  alertId: z.string(),
  rule: z.string(),
  severity: z.string(),
  state: z.string(),
  summary: z.string(),
  version: z.int(),
  openedAt: time,
  acknowledgedAt: time.nullable(),
  resolvedAt: time.nullable(),
});

const auditRow = z.strictObject({
  at: time,
  actor: z.string(),
  action: z.string(),
  result: z.string(),
  reason: text,
});

const payment = z.strictObject({
  id: z.string(),
  key: z.string(),
  paymentIntentId: text,
  checkoutSessionId: text,
  livemode: z.boolean(),
  paid: z.boolean(),
  paidAt: time.nullable(),
  amountMinor: z.number().nullable(),
  currency: text,
  erasedAt: time.nullable().describe('When its buyer was forgotten; null for all others.'),
  takenBack: z.boolean().describe('Refunded in full, or lost in a dispute.'),
  facts: json.describe('What is known beyond that: charge, refunds, disputes, revoked lines.'),
  factsVersion: z.int(),
});

const money = z.strictObject({
  receivedMinor: z.number(),
  refundedMinor: z.number().describe('Sum of the refunds that stand.'),
  takenLines: z.array(z.int()).describe('Lines that refunds or disputes have taken.'),
  refunds: z.array(
    z.strictObject({
      refundId: z.string(),
      amountMinor: z.number(),
      status: z.string(),
      createdAt: time,
      lineNos: z.array(z.int()).nullable().describe('Lines that it is for; null: it belongs to none.'),
    }),
  ),
  disputes: z.array(z.strictObject({ disputeId: z.string(), amountMinor: z.number(), status: z.string() })),
  creditNotes: z.array(
    z.strictObject({
      creditNoteId: z.string(),
      number: z.string(),
      refundId: z.string(),
      kind: z.enum(['credit', 'reversal']).describe('reversal: the refund has failed after all.'),
      amountMinor: z.number(),
      issuedAt: time,
    }),
  ),
  notices: z
    .array(z.strictObject({ key: z.string(), kind: z.string(), lineNos: z.array(z.int()), at: time }))
    .describe('What the buyer is told of it, once each.'),
});

/** Everything about one order, for people: buyers' data masked. */
export const shownOrder = z.strictObject({
  verdict: z
    .string()
    .describe('What the buyer has, what they lack, why, and what comes next, in one sentence.'),
  jobId: z.string(),
  version: z.int().describe('What decisions about the job name.'),
  kind: z.string(),
  state: z.string(),
  status: z
    .string()
    .describe('What support reads: pending_email, pending_retry, blocked: unknown_product, …'),
  reason: text,
  failedStep: text,
  mailUnproven: z.boolean(),
  createdAt: time,
  finishedAt: time.nullable(),
  heldAt: time.nullable(),
  dueAt: time.nullable().describe('When it is next due; null when nothing is owed.'),
  worker: text.describe('Who has it in hand just now.'),
  sla: z.strictObject({
    deadline: time,
    met: z.boolean().nullable().describe('Null: not decided yet, or the clock stands.'),
  }),
  orderId: text,
  receipt: z.strictObject({ number: z.string(), issuedAt: time }).nullable(),
  payment: payment.nullable(),
  money: money.nullable().describe('What went back, as Stripe last said; null as long as nothing has.'),
  buyer: buyer.nullable().describe('Masked; null until the order is resolved.'),
  order: z
    .strictObject({
      currency: z.string(),
      lines: z.array(line),
      subtotal: z.number(),
      discount: z.number(),
      tax: z.number(),
      total: z.number(),
    })
    .nullable()
    .describe('Amounts in minor units.'),
  steps: z.array(
    z.strictObject({
      step: z.string(),
      state: z.string(),
      holds: z.boolean().describe('False: the job does not wait for it.'),
      needs: z.array(z.string()),
      ...progress,
      effects: z.array(z.strictObject({ effect: z.string(), state: z.string(), skipped: text, ...progress })),
    }),
  ),
  attempts: z.array(shownAttempt).describe('The latest of each step and effect, the oldest first.'),
  mails: z.array(mail),
  files: z.array(file),
  entitlements: z.array(entitlement),
  relatedJobs: z.array(relatedJob).describe('Other jobs of the payment: resent mails, settlements.'),
  findings: z.array(finding),
  alerts: z.array(alert),
  audit: z.array(auditRow).describe('Who of staff did what to this order, the latest first.'),
  timeline: z.array(
    z.strictObject({
      seq: z.int(),
      at: time,
      kind: z.string(),
      step: text,
      actor: z.string(),
      data: json,
    }),
  ),
  olderBefore: z.int().nullable().describe('Ask with `before` for older lines; null: there are none.'),
  nextActions: z
    .array(z.strictObject({ operation: z.string(), what: z.string(), cli: z.string() }))
    .describe('What makes sense now and your roles allow.'),
});
export type ShownOrder = z.infer<typeof shownOrder>;
