import { describe, expect, it } from 'vitest';
import type { StepStatus } from './job.ts';
import { orderVerdict, type VerdictEffect, type VerdictFacts } from './orderVerdict.ts';
import type { Plan } from './plan.ts';

const now = new Date('2026-11-22T14:00:30Z');
const at = (time: string) => new Date(`2026-11-22T${time}Z`);
const plan: Plan = {
  name: 'fulfil',
  version: 1,
  steps: [
    { name: 'resolve_order', version: 1, needs: [], holds: true },
    { name: 'receipt', version: 1, needs: ['resolve_order'], holds: true },
    { name: 'email', version: 1, needs: ['receipt'], holds: true },
    { name: 'storage', version: 1, needs: ['receipt'], holds: true },
    { name: 'analytics', version: 1, needs: ['receipt'], holds: false },
  ],
};

const status = (text: string): StepStatus => {
  const [state = '', attempts = '1', due = '', reason = ''] = text.split(' ');
  return {
    state: state as StepStatus['state'],
    attempts: Number(attempts),
    dueAt: due === '' || due === '-' ? null : at(due),
    reason: reason || null,
  };
};
const stepsOf = (texts: Record<string, string>) =>
  new Map(Object.entries(texts).map(([name, text]) => [name, status(text)]));
const effect = (step: string, effectKey: string, text: string): VerdictEffect => ({
  step,
  effectKey,
  ...status(text),
});

const beside = (kind: string, state: VerdictFacts['state'], reason: string | null) => ({
  kind,
  state,
  reason,
});
const upToReceipt = { resolve_order: 'done', receipt: 'done' };
const all = { ...upToReceipt, email: 'done', storage: 'done', analytics: 'done' };
const said: Record<string, string> = {
  storage_unavailable: 'The storage answered 503.',
  smtp_deferred: 'The mail server asks to try again later (451 4.3.0 at RCPT TO).',
  mailbox_refused: 'The mail server refuses the recipient’s mailbox (550 5.1.1 at RCPT TO).',
  mail_outcome_unknown:
    '2 attempts ended without an answer, and smtp cannot be asked whether it took the mail.',
  unknown_product: 'Stripe price price_9 is not in the catalogue.',
};

const sentence = (facts: Partial<VerdictFacts>) =>
  orderVerdict({
    kind: 'fulfil',
    state: 'open',
    reason: null,
    failedStep: null,
    mailUnproven: false,
    heldAt: null,
    finishedAt: null,
    plan,
    steps: new Map(),
    effects: [],
    payment: { paid: true, takenBack: false },
    receiptNumber: null,
    receiptSent: false,
    receiptBounced: null,
    storedFiles: 0,
    lines: 1,
    besides: [],
    told: (_step, _effect, reason) => said[reason] ?? null,
    leased: false,
    dueAt: now,
    forgottenAt: null,
    now,
    ...facts,
  });

const receiptNumber = 'R-2026/000004';

describe('the verdict on an order', () => {
  it('says that the receipt came back, whatever else there is to say', () => {
    const bounced = { receiptNumber, receiptSent: true, receiptBounced: 'there is no such mailbox (5.1.1)' };
    const told = '; the mail with the receipt came back: there is no such mailbox (5.1.1).';
    expect(
      sentence({ state: 'completed', finishedAt: at('13:59:00'), steps: stepsOf(all), ...bounced }),
    ).toBe(`Paid, receipt R-2026/000004 sent, all done at 13:59 UTC${told}`);
    const waiting = { ...all, storage: 'waiting 2 14:05:00 storage_unavailable' };
    expect(sentence({ steps: stepsOf(waiting), dueAt: at('14:05:00'), ...bounced })).toMatch(
      /^Paid, receipt R-2026\/000004 sent; the files are not stored: .*; the mail with the receipt came back/,
    );
  });

  it.each<[string, Partial<VerdictFacts>, string]>([
    ['just paid', {}, 'Paid; the order is not read from Stripe yet, it is due now.'],
    [
      'taken up by a worker',
      { leased: true, dueAt: at('14:01:00') },
      'Paid; the order is not read from Stripe yet, a worker is at it now.',
    ],
    [
      'left by all workers',
      { dueAt: at('13:50:00') },
      'Paid; the order is not read from Stripe yet, was due at 13:50 UTC and no worker has taken it.',
    ],
    [
      'with a receipt, before the mail',
      { steps: stepsOf(upToReceipt), receiptNumber },
      'Paid, receipt R-2026/000004 issued; the receipt is not sent yet, it is due now.',
    ],
    [
      'whose file meets trouble',
      {
        steps: stepsOf({ ...upToReceipt, email: 'done', storage: 'waiting 3 14:05:00 storage_unavailable' }),
        effects: [
          effect('storage', 'receipt-pdf', 'done'),
          effect('storage', 'copy:1:pdf', 'done'),
          effect('storage', 'copy:1:epub', 'waiting 3 14:05:00 storage_unavailable'),
        ],
        receiptNumber,
        receiptSent: true,
        dueAt: at('14:05:00'),
      },
      'Paid, receipt R-2026/000004 sent; the EPUB is not stored: the storage answered 503, tries again at 14:05 UTC.',
    ],
    [
      'whose files of several lines meet trouble',
      {
        lines: 2,
        steps: stepsOf({ ...upToReceipt, email: 'done', storage: 'waiting 1 14:00:40 storage_unavailable' }),
        effects: [
          effect('storage', 'copy:1:pdf', 'waiting 1 14:00:40 storage_unavailable'),
          effect('storage', 'copy:2:epub', 'unknown 1 14:00:41 storage_unavailable'),
          effect('storage', 'receipt-pdf', 'waiting 0'),
        ],
        receiptNumber,
        receiptSent: true,
        dueAt: at('14:00:40'),
      },
      'Paid, receipt R-2026/000004 sent; the PDF of line 1 and the EPUB of line 2 are not stored: the storage answered 503, tries again within a minute.',
    ],
    [
      'whose mail is deferred until tomorrow',
      {
        steps: stepsOf({ ...upToReceipt, email: 'waiting 9 - smtp_deferred', storage: 'done' }),
        receiptNumber,
        dueAt: new Date('2026-11-23T00:10:00Z'),
      },
      'Paid, receipt R-2026/000004 issued; the receipt is not sent: the mail server asks to try again later (451 4.3.0 at RCPT TO), tries again at 2026-11-23 00:10 UTC.',
    ],
    [
      'whose provider is paused',
      {
        steps: stepsOf({ ...upToReceipt, email: 'waiting 0 14:30:00 provider_paused', storage: 'done' }),
        receiptNumber,
        dueAt: at('14:30:00'),
      },
      'Paid, receipt R-2026/000004 issued; the receipt is not sent: staff has paused the provider, tries again at 14:30 UTC.',
    ],
    [
      'blocked',
      {
        state: 'blocked',
        reason: 'unknown_product',
        steps: stepsOf({ resolve_order: 'blocked 0 14:15:00 unknown_product' }),
        dueAt: at('14:15:00'),
      },
      'Paid; the order is not read from Stripe: Stripe price price_9 is not in the catalogue; it waits for a person and looks again at 14:15 UTC.',
    ],
    [
      'blocked for a reason nobody told more of',
      {
        state: 'blocked',
        reason: 'no_email',
        steps: stepsOf({ resolve_order: 'blocked 0 14:15:00 no_email' }),
        dueAt: at('14:15:00'),
      },
      'Paid; the order is not read from Stripe: Stripe has no e-mail address for it; it waits for a person and looks again at 14:15 UTC.',
    ],
    [
      'held',
      {
        state: 'held',
        reason: 'held_by_staff',
        heldAt: at('13:00:00'),
        steps: stepsOf(upToReceipt),
        receiptNumber,
      },
      'Held by staff since 13:00 UTC and left alone until it is released: paid, receipt R-2026/000004 issued; the receipt is not sent.',
    ],
    [
      'held by the brake',
      { state: 'held', reason: 'mail_brake', heldAt: at('13:00:00') },
      'Held since 13:00 UTC (all mail is held by the brake) and left alone until it is released: paid; the order is not read from Stripe.',
    ],
    [
      'failed',
      {
        state: 'failed',
        reason: 'mailbox_refused',
        failedStep: 'email',
        steps: stepsOf({ ...upToReceipt, email: 'failed 1 - mailbox_refused', storage: 'done' }),
        effects: [effect('email', 'receipt:ORDER', 'failed 1 - mailbox_refused')],
        receiptNumber,
        dueAt: null,
      },
      'Paid, receipt R-2026/000004 issued; the receipt is not sent: the mail server refuses the recipient’s mailbox (550 5.1.1 at RCPT TO); it has failed, and nothing more happens until it is retried.',
    ],
    [
      'failed in a loop of crashes',
      {
        state: 'failed',
        reason: 'crash_loop',
        failedStep: 'receipt',
        steps: stepsOf({ resolve_order: 'done' }),
      },
      'Paid; no receipt is issued: workers died while they were at it; it has failed, and nothing more happens until it is retried.',
    ],
    [
      'completed',
      {
        state: 'completed',
        steps: stepsOf(all),
        receiptNumber,
        receiptSent: true,
        storedFiles: 3,
        finishedAt: at('13:59:00'),
        dueAt: null,
      },
      'Paid, receipt R-2026/000004 sent, 3 files stored, all done at 13:59 UTC.',
    ],
    [
      'completed while its mail is unproven',
      {
        state: 'completed',
        steps: stepsOf(all),
        mailUnproven: true,
        receiptNumber,
        receiptSent: true,
        storedFiles: 1,
        finishedAt: at('13:59:00'),
      },
      'Paid, receipt R-2026/000004 sent, 1 file stored, all done at 13:59 UTC; nothing proves yet that the mail was taken for good.',
    ],
    [
      'completed while analytics waits',
      {
        state: 'completed',
        steps: stepsOf({ ...all, analytics: 'waiting 4 14:02:00 analytics_timeout' }),
        receiptNumber,
        receiptSent: true,
        finishedAt: at('13:59:00'),
      },
      'Paid, receipt R-2026/000004 sent, all done at 13:59 UTC; analytics is not told yet, which holds up nothing.',
    ],
    [
      'completed after it was taken back',
      {
        state: 'completed',
        steps: stepsOf({ ...all, email: 'skipped 1 - payment_taken_back' }),
        payment: { paid: true, takenBack: true },
        receiptNumber,
        finishedAt: at('13:59:00'),
      },
      'Paid and taken back, receipt R-2026/000004 issued, all done at 13:59 UTC; the mail was not owed: the payment was taken back.',
    ],
    [
      'completed while its refund asks a person, whatever became of what was asked for beside it',
      {
        state: 'completed',
        steps: stepsOf(all),
        receiptNumber,
        receiptSent: true,
        finishedAt: at('13:59:00'),
        besides: [
          beside('settle', 'blocked', 'refund_unattributed'),
          beside('resend_receipt', 'failed', 'mailbox_refused'),
          beside('send_links', 'completed', null),
        ],
      },
      'Paid, receipt R-2026/000004 sent, fulfilled at 13:59 UTC; what a refund or dispute takes is not settled (a refund does not say which lines it is for): that waits for a person.',
    ],
    [
      'completed though its refund was given up',
      {
        state: 'completed',
        steps: stepsOf(all),
        receiptNumber,
        receiptSent: true,
        finishedAt: at('13:59:00'),
        besides: [beside('settle', 'failed', 'unexpected_error')],
      },
      'Paid, receipt R-2026/000004 sent, fulfilled at 13:59 UTC; what a refund or dispute takes is not settled (an error of our own): that has failed, and nothing more happens to it until it is retried.',
    ],
    [
      'completed and settled',
      {
        state: 'completed',
        steps: stepsOf(all),
        receiptNumber,
        receiptSent: true,
        finishedAt: at('13:59:00'),
        besides: [beside('settle', 'completed', null)],
      },
      'Paid, receipt R-2026/000004 sent, all done at 13:59 UTC.',
    ],
    [
      'settled, though the order itself has failed',
      {
        kind: 'settle',
        state: 'completed',
        plan: { name: 'settle', version: 1, steps: [] },
        receiptNumber,
        finishedAt: at('13:59:00'),
        besides: [beside('fulfil', 'failed', 'crash_loop')],
      },
      'Paid, receipt R-2026/000004 issued, done at 13:59 UTC; the order itself is not done (workers died while they were at it): that has failed, and nothing more happens to it until it is retried.',
    ],
    [
      'cancelled by staff',
      {
        state: 'cancelled',
        reason: 'cancelled_by_staff',
        steps: stepsOf(upToReceipt),
        receiptNumber,
        finishedAt: at('13:59:00'),
      },
      'Cancelled by staff at 13:59 UTC: paid, receipt R-2026/000004 issued and not sent; nothing more is done for it.',
    ],
    [
      'cancelled because it is not ours',
      { state: 'cancelled', reason: 'pays_an_invoice', finishedAt: at('13:59:00') },
      'Cancelled (it pays an invoice, which is not fulfilled here) at 13:59 UTC: paid; nothing more is done for it.',
    ],
    [
      'whose mail had no answer',
      {
        state: 'blocked',
        reason: 'mail_outcome_unknown',
        steps: stepsOf({ ...upToReceipt, email: 'blocked 2 14:15:00 mail_outcome_unknown', storage: 'done' }),
        effects: [effect('email', 'receipt:ORDER', 'blocked 2 14:15:00 mail_outcome_unknown')],
        receiptNumber,
        dueAt: at('14:15:00'),
      },
      'Paid, receipt R-2026/000004 issued; it is not known whether the receipt was sent: 2 attempts ended without an answer, and smtp cannot be asked whether it took the mail; it waits for a person and looks again at 14:15 UTC.',
    ],
    [
      'that only sends the receipt once more',
      {
        kind: 'resend_receipt',
        state: 'completed',
        plan: {
          name: 'resend_receipt',
          version: 1,
          steps: [{ name: 'resend_receipt', version: 1, needs: [], holds: true }],
        },
        steps: stepsOf({ resend_receipt: 'done' }),
        receiptNumber,
        receiptSent: true,
        finishedAt: at('13:59:00'),
        dueAt: null,
      },
      'The receipt once more, all done at 13:59 UTC.',
    ],
    [
      'of another plan',
      {
        kind: 'receipt_resend',
        plan: {
          name: 'receipt_resend',
          version: 1,
          steps: [{ name: 'fly', version: 1, needs: [], holds: true }],
        },
      },
      'Receipt resend; fly is not done yet, it is due now.',
    ],
    [
      'whose plan this build cannot read',
      { plan: { name: 'unknown', version: 0, steps: [] }, dueAt: null },
      'Paid; nothing is due.',
    ],
  ])('%s', (_what, facts, expected) => {
    expect(sentence(facts)).toBe(expected);
  });
});

it('says of an order whose buyer was forgotten that nothing else is left', () => {
  expect(sentence({ state: 'completed', forgottenAt: new Date('2026-11-23T22:00:00Z') })).toBe(
    'The buyer was forgotten on 2026-11-23: of this order only its numbers are left.',
  );
});
