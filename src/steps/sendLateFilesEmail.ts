import { filesReadyMailKey, receiptMailKey } from '../domain/effectKey.ts';
import type { StoredFileLedger } from '../ports/files.ts';
import type { OutsideStep } from '../ports/step.ts';
import { createMailStep, type MailStepOptions, type PreparedForStep } from './mailStep.ts';
import { orderOf, paymentOf } from './orderOf.ts';

export interface LateFilesOptions extends MailStepOptions {
  files: StoredFileLedger;
  /** Files that were stored within this time of the receipt mail were not late. */
  lateAfterMs: number;
}

/** A second mail, only when files were late: whoever opened the first one in time has seen "preparing". */
export function createSendLateFilesEmail(options: LateFilesOptions): OutsideStep<PreparedForStep> {
  return createMailStep(options, {
    step: 'late_files_email',
    kind: 'files_ready',
    keyOf: (job) => filesReadyMailKey(orderOf(job).orderId),
    async notNeeded(job) {
      const [{ standing: mail }, storedAt] = await Promise.all([
        options.sending.look(receiptMailKey(orderOf(job).orderId), paymentOf(job).id),
        options.files.lastCopyStoredAt(paymentOf(job).id),
      ]);
      // Its place was taken by a mail that somebody asked for, which has gone out or is about to.
      if (mail.state === 'superseded') return 'address_corrected';
      if (mail.state === 'queued') return 'sent_anew';
      if (mail.state !== 'accepted' || storedAt === null) return undefined;
      const lateMs = storedAt.getTime() - mail.acceptedAt.getTime();
      return lateMs <= options.lateAfterMs ? 'files_were_in_time' : undefined;
    },
  });
}
