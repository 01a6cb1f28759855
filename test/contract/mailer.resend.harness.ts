import { addressParser } from 'postal-mime';
import { createResendMailer } from '../../src/providers/resend/adapter.ts';
import type { Fetch } from '../../src/providers/outbound.ts';
import { startResendVendor } from '../vendors/resend.ts';
import type { ResendMood, ResendVendorOptions } from '../vendors/resend.ts';
import { commonMoods, type MailerUnderTest, type ProviderMood } from './mailer.contract.ts';

const overResend = {
  accepts: 'well',
  defers: 'well',
  refuses_mailbox: 'refuses_recipient',
  loses_answer_after_taking: 'cuts_after',
  loses_answer_without_taking: 'cuts_before',
  takes_and_hangs: 'hangs_after',
  slows_down: 'over_rate',
  refuses_credentials: 'well',
} as const satisfies Record<ProviderMood, ResendMood>;

export async function startResend(): Promise<MailerUnderTest> {
  const keys: NonNullable<ResendVendorOptions['keys']> = { re_sending: 'sending_access' };
  const vendor = await startResendVendor({
    keys,
    retryAfter: '7',
    verifiedDomains: ['shop.example', 'lektura.example'],
  });
  let isReachable = true;
  // Resend never asks to come later with a definite "not taken" but for its limits; so here it is the way there.
  const fetch: Fetch = async (url, init) => {
    if (isReachable) return globalThis.fetch(url, init);
    throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
  };
  return {
    mailer: createResendMailer({ apiKey: 're_sending', baseUrl: vendor.url, timeoutMs: 4_000, fetch }),
    carries: 'parts',
    moods: [...commonMoods, 'slows_down', 'refuses_credentials'],
    mood: (mood) => {
      isReachable = mood !== 'defers';
      if (mood === 'refuses_credentials') delete keys['re_sending'];
      vendor.mood(overResend[mood]);
    },
    taken: () =>
      vendor.taken.map(({ from, to, subject, html = '', text = '', attachments = [] }) => ({
        from: /<(.*)>$/.exec(from)?.[1] ?? from,
        to: to.join(),
        parts: {
          fromName: addressParser(from)[0]?.name ?? '',
          subject,
          html,
          text,
          attachments: attachments.map(({ filename = '', content = '' }) => ({
            fileName: filename,
            base64: content,
          })),
        },
      })),
    stop: () => vendor.stop(),
  };
}
