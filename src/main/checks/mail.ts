import { randomUUID } from 'node:crypto';
import type { Finding } from '../../cli/duties.ts';
import { createJournal, createMailer } from '../wireProviders.ts';
import { faultText, findingsOf, type Check, type CheckContext } from './check.ts';

/** The mail server takes our login, and the journal can be searched. Nothing is sent. */
export const mailCheck: Check = {
  name: 'mail',
  async run(context) {
    const [smtp, journal] = await Promise.all([checkSmtp(context), checkJournal(context)]);
    return [...smtp, ...journal];
  },
};

async function checkSmtp({ config, signal }: CheckContext): Promise<Finding[]> {
  const { ok, failed } = findingsOf('smtp');
  const { host, port, security, user } = config.smtp;
  const mailer = createMailer(config, undefined);
  // The connection has no signal of its own; closing the mailer is what ends a verification that hangs.
  const close = () => mailer.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    await mailer.verify();
    return [
      ok(
        `${host}:${port} (${security}) ${user === null ? 'answers; no login is used' : 'accepts the login'}`,
      ),
    ];
  } catch (error) {
    return [
      failed(
        `${host}:${port} (${security}): ${faultText(error)}`,
        'Check SMTP_HOST, SMTP_PORT, SMTP_SECURITY and the login.',
      ),
    ];
  } finally {
    signal.removeEventListener('abort', close);
    mailer.close();
  }
}

async function checkJournal({ config, signal }: CheckContext): Promise<Finding[]> {
  const { ok, note, failed } = findingsOf('mail journal');
  const journal = createJournal(config);
  if (!journal || !config.journal) {
    const remedy =
      'Give a mailbox that gets a copy of every mail as JOURNAL_IMAP_*, so that a lost answer can be settled.';
    return [note('none: after a lost answer a mail may be sent a second time', remedy)];
  }
  const { host, mailbox } = config.journal;
  try {
    await journal.find(`<doctor-${randomUUID()}@invalid>`, signal);
    return [ok(`${mailbox} on ${host} can be searched`)];
  } catch (error) {
    return [failed(`${mailbox} on ${host}: ${faultText(error)}`, 'Check JOURNAL_IMAP_*.')];
  } finally {
    journal.close();
  }
}
