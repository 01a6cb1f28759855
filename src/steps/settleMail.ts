import { z } from 'zod';
import { noticeMailKey } from '../domain/effectKey.ts';
import type { SettleStore } from '../ports/settling.ts';
import type { JobView, OutsideStep } from '../ports/step.ts';
import { createMailStep, type MailStepOptions, type PreparedForStep } from './mailStep.ts';
import { orderOf } from './orderOf.ts';

export interface SettleMailOptions extends MailStepOptions {
  notices: Pick<SettleStore, 'readNotice'>;
}

const settledSchema = z.object({ tell: z.array(z.string()).default([]) });

/** Notices that `settle` wants told, by the effect key of each: the logical key of its mail. */
const noticesOf = (job: JobView): Map<string, string> => {
  const { tell } = settledSchema.parse(job.outputs.get('settle') ?? {});
  return new Map(tell.map((key) => [noticeMailKey(orderOf(job).orderId, key), key]));
};

/** The buyer is told of what has changed, once per change. */
export const createSettleMail = ({ notices, ...options }: SettleMailOptions): OutsideStep<PreparedForStep> =>
  createMailStep(options, {
    step: 'settle_mail',
    keysOf: (job) => [...noticesOf(job).keys()],
    noticeOf: async (job, paymentId, logicalKey) => {
      const notice = await notices.readNotice(paymentId, noticesOf(job).get(logicalKey) ?? '');
      if (!notice) throw new Error('A notice that is to be told is not there.');
      return notice;
    },
  });
