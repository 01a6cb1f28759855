import { aFault } from '../fakes/faultScript.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import type { MailOutcome, MemoryMailerOptions } from '../fakes/memoryMailer.ts';
import { describeMailer } from './mailer.contract.ts';
import type { MailerUnderTest, ProviderMood } from './mailer.contract.ts';
import { startSmtp } from './mailer.smtp.harness.ts';

const inMemory: Record<ProviderMood, MailOutcome> = {
  accepts: { then: 'accept' },
  defers: { then: 'refuse', fault: aFault() },
  refuses_mailbox: { then: 'refuse', fault: aFault({ kind: 'permanent', reason: 'mailbox_refused' }) },
  loses_answer_after_taking: { then: 'lose_answer', taken: true },
  loses_answer_without_taking: { then: 'lose_answer', taken: false },
  takes_and_hangs: { then: 'take_and_hang' },
  slows_down: { then: 'refuse', fault: aFault({ kind: 'rate_limited', retryAfterMs: 7_000 }) },
  refuses_credentials: {
    then: 'refuse',
    fault: aFault({ kind: 'needs_human', reason: 'memory_credentials' }),
  },
};

const memoryMoods = Object.keys(inMemory) as ProviderMood[];

async function startMemory(options: MemoryMailerOptions): Promise<MailerUnderTest> {
  const mailer = createMemoryMailer(options);
  return {
    mailer,
    carries: 'bytes',
    moods: memoryMoods,
    mood: (mood) => mailer.otherwise(inMemory[mood]),
    taken: () =>
      mailer.taken.map(({ from, to, bytes }) => ({ from, to, source: Buffer.from(bytes).toString() })),
    stop: async () => undefined,
  };
}

describeMailer('the mailer in memory', () => startMemory({}));
describeMailer('the mailer in memory that drops repeats', () =>
  startMemory({ dedupe: { windowMs: 3_600_000, repeatAfterMs: 0 }, lookup: 'none' }),
);

describeMailer('SMTP', () => startSmtp([], false));
describeMailer('SMTP with pipelining and a journal', () => startSmtp(['PIPELINING'], true));
