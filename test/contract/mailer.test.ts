import { createSmtpMailer } from '../../src/providers/smtp/adapter.ts';
import type { MailJournal } from '../../src/providers/smtp/adapter.ts';
import { aFault } from '../fakes/faultScript.ts';
import { createMemoryMailer } from '../fakes/memoryMailer.ts';
import type { MailOutcome } from '../fakes/memoryMailer.ts';
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
};

describeMailer('the mailer in memory', async () => {
  const mailer = createMemoryMailer();
  return {
    mailer,
    mood: (mood) => mailer.otherwise(inMemory[mood]),
    taken: () =>
      mailer.taken.map(({ from, to, bytes }) => ({ from, to, source: Buffer.from(bytes).toString() })),
    stop: async () => undefined,
  };
});

const overSmtp: Record<ProviderMood, SmtpBehaviour> = {
  accepts: { mode: 'accept' },
  defers: { mode: 'rcpt_to', reply: '450 4.2.1 <jan@example.pl> later' },
  refuses_mailbox: { mode: 'rcpt_to', reply: '550 5.1.1 <jan@example.pl> unknown' },
  loses_answer_after_taking: { mode: 'drop_after_dot_accepted' },
  loses_answer_without_taking: { mode: 'drop_after_dot_lost' },
  takes_and_hangs: { mode: 'hang_after_dot' },
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
    maxConnections: 2,
    connectTimeoutMs: 1_000,
    greetingTimeoutMs: 1_000,
    socketTimeoutMs: 2_000,
    totalTimeoutMs: 4_000,
    ...(withJournal && { journal: journalOf(server) }),
  });
  return {
    mailer,
    mood: (mood) => server.behave(overSmtp[mood]),
    taken: () => server.taken,
    stop: async () => {
      mailer.close();
      await server.stop();
    },
  };
}

describeMailer('SMTP', () => startSmtp([], false));
describeMailer('SMTP with pipelining and a journal', () => startSmtp(['PIPELINING'], true));
