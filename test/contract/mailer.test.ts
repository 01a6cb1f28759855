import { createSmtpMailer } from '../../src/providers/smtp/adapter.ts';
import type { MailJournal } from '../../src/providers/smtp/adapter.ts';
import { aFault } from '../fakes/faultScript.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import type { MailOutcome, MemoryMailerOptions } from '../fakes/memoryMailer.ts';
import { startFaultSmtp } from '../vendors/faultSmtp.ts';
import type { FaultSmtp, SmtpBehaviour } from '../vendors/faultSmtp.ts';
import { describeMailer } from './mailer.contract.ts';
import type { MailerUnderTest, ProviderMood } from './mailer.contract.ts';

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

const overSmtp: Record<Exclude<ProviderMood, 'slows_down'>, SmtpBehaviour> = {
  accepts: { mode: 'accept' },
  defers: { mode: 'reply', at: 'rcpt_to', reply: '450 4.2.1 <jan@example.pl> later' },
  refuses_mailbox: { mode: 'reply', at: 'rcpt_to', reply: '550 5.1.1 <jan@example.pl> unknown' },
  loses_answer_after_taking: { mode: 'reset', at: 'final_dot', taken: true },
  loses_answer_without_taking: { mode: 'reset', at: 'final_dot' },
  takes_and_hangs: { mode: 'hang', at: 'final_dot', taken: true },
  refuses_credentials: { mode: 'reply', at: 'auth', reply: '535 5.7.8 <jan@example.pl> no' },
};

/** A journal that sees what the server took. */
const journalOf = (server: FaultSmtp): MailJournal => ({
  find: async (messageId) => {
    const at = server.taken.findIndex(({ source }) => source.includes(`Message-ID: ${messageId}`));
    return at < 0 ? undefined : { uid: at + 1 };
  },
});

async function startSmtp(extensions: string[], withJournal: boolean): Promise<MailerUnderTest> {
  const server = await startFaultSmtp(extensions);
  const mailer = createSmtpMailer({
    host: '127.0.0.1',
    port: server.port,
    secure: false,
    requireTls: false,
    user: 'shop',
    password: 'hunter2',
    maxConnections: 2,
    connectTimeoutMs: 1_000,
    greetingTimeoutMs: 1_000,
    socketTimeoutMs: 2_000,
    totalTimeoutMs: 4_000,
    ...(withJournal && { journal: journalOf(server) }),
  });
  return {
    mailer,
    carries: 'bytes',
    moods: Object.keys(overSmtp) as Array<keyof typeof overSmtp>,
    mood: (mood) => server.behave(overSmtp[mood as keyof typeof overSmtp]),
    taken: () => server.taken,
    stop: async () => {
      mailer.close();
      await server.stop();
    },
  };
}

describeMailer('SMTP', () => startSmtp([], false));
describeMailer('SMTP with pipelining and a journal', () => startSmtp(['PIPELINING'], true));
