import { createSmtpMailer } from '../../src/providers/smtp/adapter.ts';
import type { MailJournal } from '../../src/providers/smtp/adapter.ts';
import { startFaultSmtp } from '../vendors/faultSmtp.ts';
import type { FaultSmtp, SmtpBehaviour } from '../vendors/faultSmtp.ts';
import type { MailerUnderTest, ProviderMood } from './mailer.contract.ts';

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

export interface SmtpUnderTest extends MailerUnderTest {
  /** The server answers what it has left unanswered. */
  answerLate(): void;
}

/** @param answerTimeoutMs how long the server's answers are waited for */
export async function startSmtp(
  extensions: string[],
  withJournal: boolean,
  answerTimeoutMs = 2_000,
): Promise<SmtpUnderTest> {
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
    socketTimeoutMs: answerTimeoutMs,
    totalTimeoutMs: 2 * answerTimeoutMs,
    ...(withJournal && { journal: journalOf(server) }),
  });
  return {
    mailer,
    carries: 'bytes',
    moods: Object.keys(overSmtp) as Array<keyof typeof overSmtp>,
    mood: (mood) => server.behave(overSmtp[mood as keyof typeof overSmtp]),
    taken: () => server.taken,
    answerLate: () => server.say('250 2.0.0 Ok: queued after all'),
    stop: async () => {
      mailer.close();
      await server.stop();
    },
  };
}
