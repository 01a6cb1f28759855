import type { Finding } from '../../cli/duties.ts';
import { findingsOf } from './check.ts';

/** What a recent charge tells about receipts that Stripe itself mails. */
export interface RecentCharge {
  livemode: boolean;
  succeeded: boolean;
  /** It has a receipt number, which Stripe gives when it mails a receipt (API reference, Charge object). */
  receiptMailed: boolean;
  /** It names an address for a receipt; in live mode Stripe then mails one whatever its settings say. */
  receiptWanted: boolean;
}

const switchOff = 'Dashboard → Settings → Emails → switch off "Successful payments"';

/**
 * Whether buyers get two receipts. The setting itself is not in Stripe's API, so only its traces can be seen; in test
 * mode Stripe mails nothing by itself.
 */
export function judgeMailedReceipts(charges: readonly RecentCharge[]): Finding[] {
  const { note, warning } = findingsOf('stripe receipts');
  const paid = charges.filter(({ succeeded }) => succeeded);
  const mailed = paid.filter(({ receiptMailed }) => receiptMailed).length;
  if (mailed > 0) {
    return [
      warning(
        `Stripe mailed receipts for ${mailed} of the last ${paid.length} charges: buyers get two`,
        `${switchOff}.`,
      ),
    ];
  }
  const wanted = paid.filter(({ livemode, receiptWanted }) => livemode && receiptWanted).length;
  if (wanted > 0) {
    const remedy =
      'Leave receipt_email out where payments are made: with it Stripe mails a receipt whatever its settings say.';
    return [
      warning(
        `${wanted} of the last ${paid.length} charges set receipt_email: buyers get two receipts`,
        remedy,
      ),
    ];
  }
  const unknowable = 'whether Stripe mails receipts too cannot be read from its API';
  const seen =
    paid.length > 0 ? `${unknowable}; the last ${paid.length} charges bear no trace of it` : unknowable;
  return [note(seen, `Look once: ${switchOff}.`)];
}
