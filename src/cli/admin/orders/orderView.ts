import { z } from 'zod';

const text = z.string().nullable();
const progress = { attempts: z.number(), dueAt: text, reason: text, updatedAt: text };

const attempt = z.looseObject({
  no: z.number(),
  of: z.number(),
  at: z.string(),
  step: text,
  effect: text,
  outcome: z.string(),
  durationMs: z.number().nullable(),
  fault: text,
  reason: text,
  detail: text,
  provider: text,
  providerRequestId: text,
  againInMs: z.number().nullable(),
  comparedWithBefore: text,
});
export type SeenAttempt = z.infer<typeof attempt>;

const step = z.looseObject({
  step: z.string(),
  state: z.string(),
  holds: z.boolean(),
  ...progress,
  effects: z.array(z.looseObject({ effect: z.string(), state: z.string(), ...progress })),
});
export type SeenStep = z.infer<typeof step>;

/** What the command line reads of orders:show. */
export const orderView = z.looseObject({
  verdict: z.string(),
  jobId: z.string(),
  version: z.number(),
  kind: z.string(),
  state: z.string(),
  status: z.string(),
  createdAt: z.string(),
  finishedAt: text,
  dueAt: text,
  worker: text,
  sla: z.looseObject({ deadline: z.string(), met: z.boolean().nullable() }),
  orderId: text,
  receipt: z.looseObject({ number: z.string() }).nullable(),
  payment: z
    .looseObject({
      key: z.string(),
      livemode: z.boolean(),
      paid: z.boolean(),
      paidAt: text,
      amountMinor: z.number().nullable(),
      currency: text,
      takenBack: z.boolean(),
    })
    .nullable(),
  money: z
    .looseObject({
      refunds: z.array(
        z.looseObject({
          refundId: z.string(),
          amountMinor: z.number(),
          status: z.string(),
          lineNos: z.array(z.number()).nullable(),
        }),
      ),
      disputes: z.array(
        z.looseObject({ disputeId: z.string(), amountMinor: z.number(), status: z.string() }),
      ),
      creditNotes: z.array(
        z.looseObject({
          number: z.string(),
          refundId: z.string(),
          kind: z.string(),
          amountMinor: z.number(),
        }),
      ),
    })
    .nullish(),
  buyer: z.looseObject({ email: text, name: text, country: text, language: text }).nullable(),
  order: z
    .looseObject({
      currency: z.string(),
      lines: z.array(
        z.looseObject({ lineNo: z.number(), title: z.string(), quantity: z.number(), total: z.number() }),
      ),
    })
    .nullable(),
  steps: z.array(step),
  attempts: z.array(attempt),
  mails: z.array(
    z.looseObject({
      kind: z.string(),
      state: z.string(),
      to: z.string(),
      ambiguities: z.number(),
      provider: text,
      createdAt: z.string(),
      acceptedAt: text,
      delivery: text,
      awaitsReport: z.boolean().default(false),
      evidence: z.array(
        z.looseObject({
          kind: z.string(),
          at: z.string(),
          source: z.string(),
          permanence: text,
          cause: text,
          status: text,
        }),
      ),
      attemptCount: z.number(),
      attempts: z.array(z.looseObject({ provider: z.string(), outcome: text, detail: text })),
    }),
  ),
  files: z.array(z.unknown()),
  entitlements: z.array(
    z.looseObject({
      lineNo: z.number(),
      title: z.string(),
      state: z.string(),
      claimed: z.boolean(),
      links: z.array(z.looseObject({ live: z.number(), expiresAt: text })),
      downloads: z.array(z.looseObject({ count: z.number(), lastAt: z.string() })),
    }),
  ),
  relatedJobs: z.array(
    z.looseObject({
      jobId: z.string(),
      kind: z.string(),
      state: z.string(),
      reason: text,
      createdAt: z.string(),
    }),
  ),
  findings: z.array(z.looseObject({ findingId: z.string(), kind: z.string(), state: z.string() })),
  alerts: z.array(
    z.looseObject({ alertId: z.string(), rule: z.string(), state: z.string(), summary: z.string() }),
  ),
  audit: z.array(
    z.looseObject({
      at: z.string(),
      actor: z.string(),
      action: z.string(),
      result: z.string(),
      reason: text,
    }),
  ),
  timeline: z.array(
    z.looseObject({
      seq: z.number(),
      at: z.string(),
      kind: z.string(),
      step: text,
      actor: z.string(),
      data: z.record(z.string(), z.unknown()),
    }),
  ),
  olderBefore: z.number().nullable(),
  nextActions: z.array(z.looseObject({ operation: z.string(), what: z.string(), cli: z.string() })),
});
export type SeenOrder = z.infer<typeof orderView>;

/** How people call it: its order id, or its job where there is none. */
export const nameOf = ({ orderId, jobId }: Pick<SeenOrder, 'orderId' | 'jobId'>): string => orderId ?? jobId;
