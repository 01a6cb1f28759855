import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSmtpMailer } from '../../src/providers/smtp/adapter.ts';
import type { SmtpMailerOptions } from '../../src/providers/smtp/adapter.ts';
import { readNotification } from '../../src/providers/imap/statusNotification.ts';
import { hasPostfix, postfixJournal, startPostfix } from '../vendors/postfix.ts';
import type { Postfix, PostfixDoor } from '../vendors/postfix.ts';
import { startSmtpLine } from '../vendors/smtpLine.ts';
import type { SmtpRoute } from '../vendors/smtpLine.ts';
import { faultOf } from './faultOf.ts';
import { describeMailer } from './mailer.contract.ts';
import type { commonMoods, MailerUnderTest, ProviderMood } from './mailer.contract.ts';
import { contractMail, contractMessageId, otherMessageId } from './mailer.mails.ts';

const missing = hasPostfix() ? '' : ' (skipped: no Postfix here that this user may run)';
const never = new AbortController().signal;
let running: Promise<Postfix> | undefined;

/** One for all tests: its start takes longer than they do. */
const postfix = () => (running ??= startPostfix());

const mailerAt = (port: number, options: Partial<SmtpMailerOptions> = {}) =>
  createSmtpMailer({
    host: '127.0.0.1',
    port,
    secure: false,
    requireTls: false,
    maxConnections: 2,
    connectTimeoutMs: 5_000,
    greetingTimeoutMs: 5_000,
    socketTimeoutMs: 5_000,
    totalTimeoutMs: 5_000,
    ...options,
  });

const roads: Record<(typeof commonMoods)[number], [PostfixDoor, SmtpRoute['line']]> = {
  accepts: ['holding', 'passes'],
  defers: ['deferring', 'passes'],
  refuses_mailbox: ['forgetful', 'passes'],
  loses_answer_after_taking: ['holding', 'cuts_after'],
  loses_answer_without_taking: ['holding', 'cuts_before'],
  takes_and_hangs: ['holding', 'hangs_after'],
};

async function start(): Promise<MailerUnderTest> {
  const server = await postfix();
  const routeOf = (mood: ProviderMood): SmtpRoute => {
    const [door, line] = roads[mood as keyof typeof roads];
    return { port: server.ports[door], line };
  };
  const line = await startSmtpLine(routeOf('accepts'));
  const mailer = mailerAt(line.port);
  return {
    mailer,
    carries: 'bytes',
    mood: (mood) => line.route(routeOf(mood)),
    taken: () =>
      server.held().map(({ from, to, source }) => ({
        from,
        to: to.filter((address) => address !== postfixJournal).join(),
        source,
      })),
    stop: async () => {
      mailer.close();
      await line.stop();
      server.forget();
    },
  };
}

afterAll(async () => {
  await (await running)?.stop();
});

if (missing === '') describeMailer('SMTP before Postfix', start);

describe.skipIf(missing)(`Postfix${missing}`, () => {
  const returnPath = 'bounces@shop.example';
  let server: Postfix;
  let mailer: ReturnType<typeof createSmtpMailer>;

  beforeAll(async () => {
    server = await postfix();
    mailer = mailerAt(server.ports.trusting, { returnPath });
  });
  afterAll(() => mailer?.close());

  const arrived = (box: string, text: string) => server.mailbox(box).filter((mail) => mail.includes(text));

  it('is verified without a mail, and with a login that it does not offer is not', async () => {
    await mailer.verify(never);
    const withLogin = mailerAt(server.ports.trusting, { user: 'shop', password: 'hunter2' });
    expect(await faultOf(withLogin.verify(never))).toMatchObject({ reason: 'smtp_credentials' });
  });

  it('names the mail in its answer as it does in its queue', async () => {
    const { reference } = await mailer.send(await contractMail(), never);
    expect(reference).toMatch(/^250 2\.0\.0 Ok: queued as [0-9A-Za-z]+$/);
  });

  it('delivers a mail with the return path, and a copy of it to the journal', async () => {
    const messageId = contractMessageId.replace('0123', 'aaaa');
    await mailer.send(await contractMail({ messageId }), never);
    for (const box of ['jan', 'journal']) {
      await expect.poll(() => arrived(box, messageId), { interval: 10, timeout: 5_000 }).toHaveLength(1);
      expect(String(arrived(box, messageId)[0])).toContain(`Return-Path: <${returnPath}>`);
    }
  });

  it('has no copy for the journal of a mail whose recipient it refuses', async () => {
    const refused = mailerAt(server.ports.holding, { returnPath });
    const nobody = await contractMail({ to: 'nobody@example.pl' });
    expect(await faultOf(refused.send(nobody, never))).toMatchObject({
      kind: 'permanent',
      reason: 'mailbox_refused',
    });
    expect(server.held()).toEqual([]);
    refused.close();
  });

  it('sends back what it has taken and cannot deliver, and that is read', async () => {
    const mail = await contractMail({ messageId: otherMessageId, to: 'nobody@example.pl' });
    await mailer.send(mail, never);
    const bounces = () => arrived('bounces', otherMessageId);
    await expect.poll(bounces, { interval: 10, timeout: 5_000 }).toHaveLength(1);
    const [bounce = Buffer.alloc(0)] = bounces();
    const options = { ignoredRecipients: new Set<string>() };
    expect(await readNotification(bounce, options)).toEqual({
      mail: { messageId: otherMessageId },
      kind: 'bounced',
      bounce: { permanence: 'hard', cause: 'address', status: '5.1.1' },
      id: expect.stringMatching(/^<.+@mail\.shop\.example>$/),
    });
  });
});
