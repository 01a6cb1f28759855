import type { Account } from './account.ts';
import { demandOf } from './demands.ts';
import type { Outcome } from './outcomes.ts';

/** What is not as Stripe's facts demand; nothing, if all is well. */
export function complaintsOf(account: Account, outcome: Outcome | undefined): string[] {
  const demand = demandOf(account);
  const wrong: string[] = [];
  const must = (holds: boolean, complaint: string) => {
    if (!holds) wrong.push(complaint);
  };
  if (!outcome) return demand.paid ? ['the payment is not known'] : [];

  must(
    JSON.stringify(outcome.owns) === JSON.stringify(demand.owns),
    `owns ${outcome.owns.join()} and should own ${demand.owns.join()}`,
  );
  must(outcome.receipts === (demand.paid ? 1 : 0), `${outcome.receipts} receipts`);
  must(outcome.fulfil === (demand.paid ? 'completed' : null), `fulfil is ${outcome.fulfil}`);
  must(outcome.settle === null || outcome.settle === 'completed', `settle is ${outcome.settle}`);

  const standing = demand.standing.map(({ id }) => id);
  const failed = new Set(demand.failed.map(({ id }) => id));
  must(
    outcome.credited === demand.refunded,
    `credited ${outcome.credited}, and ${demand.refunded} was refunded`,
  );
  must(
    standing.every((id) => outcome.credits.includes(id) && !outcome.reversals.includes(id)),
    `credits ${outcome.credits.join()}, reversals ${outcome.reversals.join()}`,
  );
  must(
    outcome.reversals.every((id) => failed.has(id)),
    `reversed what stands: ${outcome.reversals.join()}`,
  );

  const told = (key: string) => outcome.notices.filter((one) => one === key).length;
  must(
    standing.every((id) => told(`refund:${id}`) === 1),
    `told of ${outcome.notices.join()}`,
  );
  must(
    outcome.reversals.every((id) => told(`refund_failed:${id}`) === 1),
    `not told that a refund has failed: ${outcome.notices.join()}`,
  );
  const mailed = ['refund', 'refund_failed', 'access_ended', 'access_restored'].reduce(
    (sum, kind) => sum + (outcome.mails[kind] ?? 0),
    0,
  );
  must(
    mailed === outcome.notices.length,
    `${mailed} mails of ${outcome.notices.length} notices: ${outcome.notices.join()}`,
  );

  const receipt = outcome.mails['receipt'] ?? 0;
  const undisturbed =
    demand.paid && demand.standing.length + demand.failed.length === 0 && !demand.everDisputed;
  must(receipt <= 1, `${receipt} receipt mails`);
  if (undisturbed) must(receipt === 1, 'no receipt mail');
  // Whose receipt was not sent because all was taken back has the links by a mail that gives it back.
  const restoring = (outcome.mails['access_restored'] ?? 0) + (outcome.mails['refund_failed'] ?? 0);
  if (demand.owns.length > 0) must(receipt + restoring > 0, 'owns books and has no mail with links');
  if (!demand.paid) must(receipt + mailed === 0, 'was mailed and has not paid');
  return wrong;
}
