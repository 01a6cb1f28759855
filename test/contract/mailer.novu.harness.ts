import { createNovuMailer } from '../../src/providers/novu/adapter.ts';
import type { Fetch } from '../../src/providers/outbound.ts';
import { startNovuVendor } from '../vendors/novu.ts';
import type { NovuMood } from '../vendors/novu.ts';
import { optionsFor } from '../vendors/novuUnderTest.ts';
import { commonMoods, type MailerUnderTest, type ProviderMood } from './mailer.contract.ts';

const overNovu: Record<(typeof commonMoods)[number], NovuMood> = {
  accepts: 'well',
  defers: 'well',
  refuses_mailbox: 'finds_recipients_invalid',
  loses_answer_after_taking: 'cuts_after',
  loses_answer_without_taking: 'cuts_before',
  takes_and_hangs: 'hangs_after',
};

const isCommon = (mood: ProviderMood): mood is (typeof commonMoods)[number] =>
  commonMoods.some((one) => one === mood);

/** What keeps text from being taken for a template is not seen by its readers. */
const asRead = (text = '') => text.replaceAll('&#123;', '{').replaceAll('\u2060', '');

export async function startNovu(settings: {
  idempotency: boolean;
  reportsDeliveries: boolean;
}): Promise<MailerUnderTest> {
  const { idempotency, reportsDeliveries } = settings;
  const vendor = await startNovuVendor({ idempotency });
  let isReachable = true;
  // Novu never asks to come later with a definite "not taken" but for its rate; so here it is the way there.
  const fetch: Fetch = async (url, init) => {
    if (isReachable) return globalThis.fetch(url, init);
    throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
  };
  return {
    mailer: createNovuMailer({ ...optionsFor(vendor.url), timeoutMs: 4_000, reportsDeliveries, fetch }),
    carries: 'parts',
    mood: (mood) => {
      isReachable = mood !== 'defers';
      vendor.mood(isCommon(mood) ? overNovu[mood] : 'well');
    },
    taken: () =>
      vendor.runs().map(({ to, overrides, payload }) => ({
        from: overrides?.email?.from ?? '',
        to: to.email ?? '',
        parts: {
          fromName: asRead(overrides?.email?.senderName),
          subject: asRead(payload.subject),
          html: asRead(payload.html),
          text: asRead(payload.text),
          attachments: (payload.attachments ?? []).map(({ name, file }) => ({
            fileName: name,
            base64: file,
          })),
        },
      })),
    stop: () => vendor.stop(),
  };
}
