import { describe, expect, it } from 'vitest';
import type { Plan } from '../../domain/plan.ts';
import type { Dossier, DossierJob } from '../../ports/orderDossier.ts';
import { nextActions } from './nextActions.ts';

const planOf = (...names: string[]): Plan => ({
  name: 'any',
  version: 1,
  steps: names.map((name) => ({ name, version: 1, needs: [], holds: true })),
});
const plans = {
  fulfil: planOf('resolve_order', 'entitlement', 'receipt', 'email', 'storage'),
  grant: planOf('entitlement', 'copies', 'granted_email'),
  adopt: planOf('resolve_order', 'entitlement', 'copies'),
};
type Kind = keyof typeof plans;

const at = new Date('2026-11-22T10:00:00Z');

/** An order of this kind that is done, its own mail sent. */
function aDossier(kind: Kind, changes: Partial<DossierJob> = {}): Dossier {
  const plan = plans[kind];
  const job: DossierJob = {
    jobId: 'job-1',
    kind,
    state: 'completed',
    reason: null,
    failedStep: null,
    mailUnproven: false,
    slaDeadline: at,
    createdAt: at,
    finishedAt: at,
    heldAt: null,
    version: 9,
    plan,
    order: { orderId: '7K3M-Q9XT-4BVD' },
    dispatch: null,
    payment: {
      id: 'p',
      key: 'pi_1',
      paymentIntentId: 'pi_1',
      checkoutSessionId: null,
      orderId: '7K3M-Q9XT-4BVD',
      livemode: false,
      paid: true,
      paidAt: at,
      erasedAt: null,
      amountMinor: 4900,
      currency: 'pln',
      facts: {},
      factsVersion: 1,
    },
    receipt: kind === 'fulfil' ? { series: 'R-2026', number: 1, issuedAt: at } : null,
    steps: plan.steps.map(({ name }) => stepOf(name, 'done')),
    effects: [],
    now: at,
    ...changes,
  };
  return {
    job,
    timeline: [],
    hasOlder: false,
    attempts: [],
    mails: [],
    entitlements: [],
    money: { creditNotes: [], notices: [] },
    surroundings: { files: [], relatedJobs: [], findings: [], alerts: [], audit: [] },
  };
}

const stepOf = (
  step: string,
  state: 'done' | 'skipped' | 'waiting' | 'blocked',
  reason: string | null = null,
) => ({
  step,
  state,
  attempts: 1,
  dueAt: null,
  reason,
  updatedAt: at,
});

const offered = (dossier: Dossier) =>
  nextActions(dossier, {
    steps: new Map(dossier.job.steps.map((row) => [row.step, row])),
    leased: false,
    roles: ['ops_admin'],
  }).map(({ operation }) => operation);

describe('new links', () => {
  it.each(['fulfil', 'grant', 'adopt'] as const)('are offered for an order to %s that is done', (kind) => {
    expect(offered(aDossier(kind))).toContain('links:reissue');
  });

  it('are offered as a line that names the order as it was seen', () => {
    const [action] = nextActions(aDossier('grant'), {
      steps: new Map(),
      leased: false,
      roles: ['ops_editor'],
    });
    expect(action).toMatchObject({
      operation: 'links:reissue',
      cli: 'fulfillment orders reissue-links job-1 --version 9',
    });
  });

  it.each([
    ['fulfil', 'email'],
    ['grant', 'granted_email'],
  ] as const)('are not offered for an order to %s whose own mail is still to come', (kind, step) => {
    const steps = [stepOf(step, 'waiting', 'mailbox_busy')];
    for (const state of ['open', 'cancelled'] as const)
      expect(offered(aDossier(kind, { state, steps }))).not.toContain('links:reissue');
  });

  it('are not offered for what is not paid, is not resolved, or was taken away', () => {
    const { payment } = aDossier('grant').job;
    const unpaid = aDossier('grant', { payment: payment && { ...payment, paid: false } });
    const revoked = aDossier('adopt');
    revoked.entitlements.push({
      entitlementId: 'e',
      lineNo: 1,
      productId: 'queues',
      productVersion: '1',
      title: 'Queues',
      formats: ['pdf'],
      quantity: 1,
      state: 'revoked',
      createdAt: at,
      claimed: false,
      history: [],
      links: [],
      downloads: [],
    });
    for (const dossier of [unpaid, aDossier('adopt', { order: null }), revoked])
      expect(offered(dossier)).not.toContain('links:reissue');
  });

  it.each(['resend_receipt', 'send_links'])('are not offered while a job to %s is under way', (kind) => {
    const job = { jobId: 'job-2', kind, reason: null, failedStep: null, createdAt: at, finishedAt: null };
    const withJob = (state: 'open' | 'completed') => {
      const dossier = aDossier('fulfil');
      dossier.surroundings.relatedJobs.push({ ...job, state });
      return offered(dossier);
    };
    expect(withJob('open')).not.toContain('links:reissue');
    expect(withJob('open')).not.toContain('receipt:resend');
    expect(withJob('completed')).toEqual(expect.arrayContaining(['links:reissue', 'receipt:resend']));
  });
});

describe('a refund that does not say which lines it is for', () => {
  it('is offered to be answered on the order itself, by the job that asks', () => {
    const dossier = aDossier('fulfil');
    const related = { jobId: 'job-3', kind: 'settle', failedStep: null, createdAt: at, finishedAt: null };
    dossier.surroundings.relatedJobs.push({ ...related, state: 'blocked', reason: 'refund_unattributed' });
    const [first] = nextActions(dossier, { steps: new Map(), leased: false, roles: ['ops_admin'] });
    expect(first).toMatchObject({
      operation: 'refund:attribute',
      cli: expect.stringContaining('fulfillment orders attribute-refund job-3 --refund'),
    });
    dossier.surroundings.relatedJobs = [{ ...related, state: 'completed', reason: null }];
    expect(offered(dossier)).not.toContain('refund:attribute');
  });
});

describe('the receipt', () => {
  it('is offered where there is one', () => {
    expect(offered(aDossier('fulfil'))).toContain('receipt:resend');
    for (const kind of ['grant', 'adopt'] as const)
      expect(offered(aDossier(kind))).not.toContain('receipt:resend');
  });

  it('is offered when nobody can tell whether the first one went out; links alone are not', () => {
    const steps = [stepOf('email', 'blocked', 'mail_outcome_unknown')];
    const operations = offered(aDossier('fulfil', { state: 'blocked', steps }));
    expect(operations).toContain('receipt:resend');
    expect(operations).not.toContain('links:reissue');
  });
});

it('another address is not offered for an order that was cancelled', () => {
  expect(offered(aDossier('fulfil', { state: 'completed' }))).toContain('email:correct');
  expect(offered(aDossier('fulfil', { state: 'cancelled' }))).not.toContain('email:correct');
});

it('what is about a buyer is not offered for a job that is no order’s own', () => {
  expect(offered(aDossier('fulfil', { kind: 'resend_receipt' }))).toEqual([]);
});
