import { filesReadyMailKey, receiptMailKey } from '../domain/effectKey.ts';
import type { StoredFileLedger } from '../ports/files.ts';
import type { LinkMails } from '../ports/linkMails.ts';
import type { OutsideStep } from '../ports/step.ts';
import { createMailStep, type MailStepOptions, type PreparedForStep } from './mailStep.ts';
import { orderOf, paymentOf } from './orderOf.ts';

export interface LateFilesOptions extends MailStepOptions {
  files: StoredFileLedger;
  linkMails: LinkMails;
  /** Files that were stored within this time of the mail with their links were not late. */
  lateAfterMs: number;
}

/**
 * A second mail, only when files were late: whoever opened the first one in time has seen "preparing", and was promised
 * another one. What counts is what the present address has, so a receipt that was sent again counts like the first.
 */
export function createSendLateFilesEmail(options: LateFilesOptions): OutsideStep<PreparedForStep> {
  return createMailStep(options, {
    step: 'late_files_email',
    kind: 'files_ready',
    keyOf: (job) => filesReadyMailKey(orderOf(job).orderId),
    async notNeeded(job) {
      const { id } = paymentOf(job);
      const [{ standing: receipt }, { acceptedAt, onItsWay }, storedAt] = await Promise.all([
        options.sending.look(receiptMailKey(orderOf(job).orderId), id, {
          to: orderOf(job).buyer.email,
          always: false,
        }),
        options.linkMails.look(id),
        options.files.lastCopyStoredAt(id),
      ]);
      if (storedAt === null) return 'no_files';
      // It will be taken later than the files were stored.
      if (onItsWay) return 'sent_anew';
      if (acceptedAt === null) return receipt.state === 'dropped' ? 'dropped_by_person' : undefined;
      const lateMs = storedAt.getTime() - acceptedAt.getTime();
      return lateMs <= options.lateAfterMs ? 'files_were_in_time' : undefined;
    },
  });
}
