import type { ListmonkMood } from '../vendors/listmonk.ts';
import { startListmonk } from '../vendors/listmonkStack.ts';
import { commonMoods, type MailerUnderTest, type ProviderMood } from './mailer.contract.ts';

const overListmonk: Record<(typeof commonMoods)[number], ListmonkMood> = {
  accepts: 'well',
  defers: 'queue_full',
  refuses_mailbox: 'well',
  loses_answer_after_taking: 'cuts_after',
  loses_answer_without_taking: 'cuts_before',
  takes_and_hangs: 'hangs_after',
};

const isCommon = (mood: ProviderMood): mood is (typeof commonMoods)[number] =>
  commonMoods.some((one) => one === mood);

export async function startListmonkMailer(withJournal: boolean): Promise<MailerUnderTest> {
  const { vendor, mailer } = await startListmonk({}, { withJournal, timeoutMs: 4_000 });
  return {
    mailer,
    carries: 'parts',
    mood: (mood) => {
      vendor.mood(isCommon(mood) ? overListmonk[mood] : 'well');
      vendor.settings.blockedDomains.clear();
      if (mood === 'refuses_mailbox') vendor.settings.blockedDomains.add('example.pl');
    },
    taken: () =>
      vendor.sent.map(({ from, fromName, to, subject, html, text = '', files }) => ({
        from,
        to,
        parts: {
          fromName,
          subject,
          html,
          text,
          attachments: files.map(({ fileName, bytes }) => ({ fileName, base64: bytes.toString('base64') })),
        },
      })),
    stop: () => vendor.stop(),
  };
}
