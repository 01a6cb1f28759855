import { afterEach, describe, expect, it } from 'vitest';
import { listmonkUser, type ListmonkVendor, startListmonkVendor } from '../../../test/vendors/listmonk.ts';
import {
  listmonkJournal,
  listmonkMail,
  listmonkMessageId,
  startListmonk,
} from '../../../test/vendors/listmonkStack.ts';
import { createListmonkMailer, type ListmonkMailerOptions } from './adapter.ts';

const never = new AbortController().signal;
let vendor: ListmonkVendor;
afterEach(() => vendor.stop());

async function start(...given: Parameters<typeof startListmonk>) {
  const started = await startListmonk(...given);
  vendor = started.vendor;
  return started.mailer;
}

describe('a mail through Listmonk', () => {
  it('arrives with its text, its files and its headers', async () => {
    const mailer = await start(
      {},
      { journalAddress: listmonkJournal, bounceAddress: 'bounces@shop.example' },
    );
    const pdf = Buffer.from([0, 1, 255, 13, 10]);
    const acceptance = await mailer.send(
      await listmonkMail({ files: [{ filename: 'rachunek ż.pdf', content: pdf }] }),
      never,
    );
    expect(acceptance).toEqual({ provider: 'listmonk', reference: 'queued in memory', evidence: 'answer' });
    expect(vendor.sent).toMatchObject([
      {
        from: 'receipts@shop.example',
        fromName: 'Ważka',
        to: 'jan@example.pl',
        bcc: [listmonkJournal],
        sender: 'bounces@shop.example',
        subject: 'Twoje zamówienie 📚',
        html: '<p>Dzień dobry</p>\n',
        text: 'Dzień dobry\n',
        headers: {
          'Message-Id': listmonkMessageId,
          'Auto-Submitted': 'auto-generated',
          'Reply-To': 'help@shop.example',
          'Content-Language': 'pl',
        },
        files: [{ fileName: 'rachunek-z.pdf', contentType: 'application/pdf', bytes: pdf }],
      },
    ]);
  });

  it('goes to the very same request when it is repeated', async () => {
    const mailer = await start();
    const mail = await listmonkMail({ files: [{ filename: 'a.pdf', content: Buffer.from('x') }] });
    await mailer.send(mail, never);
    await mailer.send(mail, never);
    const [first, second] = vendor.requests.map(({ body, headers }) => [body, headers['content-type']]);
    expect(second).toEqual(first);
  });

  it('goes without its plain text through a version that knows none', async () => {
    const mailer = await start({ version: 'v6.0.0' });
    await mailer.send(await listmonkMail({ text: 'Hi {{ .Tx }}' }), never);
    expect(vendor.sent).toMatchObject([{ html: '<p>Dzień dobry</p>\n', text: undefined }]);
  });

  it('goes to a base address with a path', async () => {
    const mailer = await start();
    const below = createListmonkMailer({
      ...listmonkUser,
      baseUrl: `${vendor.url}/mail`,
      templateId: 7,
      timeoutMs: 2_000,
    });
    await expect(below.send(await listmonkMail(), never)).rejects.toMatchObject({
      reason: 'listmonk_misconfigured',
    });
    expect(vendor.requests.map(({ path }) => path)).toEqual(['/mail/api/tx']);
    mailer.close();
  });
});

describe('what Listmonk’s word is worth', () => {
  it('is said: it does not last, repeats are not dropped, and nothing can be asked', async () => {
    const mailer = await start();
    expect(mailer.capabilities).toEqual({
      dedupe: null,
      lookup: 'none',
      lookupLagMs: 0,
      acceptanceDurable: false,
      deliveryEvents: 'none',
    });
    expect(mailer.find).toBeUndefined();
  });

  it('is no more with a journal, which can be asked after a while', async () => {
    const mailer = await start({}, { withJournal: true, reportsBounces: true });
    expect(mailer.capabilities).toEqual({
      dedupe: null,
      lookup: 'message_id',
      lookupLagMs: 15 * 60_000,
      acceptanceDurable: false,
      deliveryEvents: 'failures',
    });
  });

  it.each<[string, (listmonk: ListmonkVendor) => void]>([
    ['Listmonk dies with its queue', (listmonk) => listmonk.crash()],
    ['the SMTP server refuses it', (listmonk) => listmonk.worker('is_refused')],
  ])('is nothing when %s: the journal has no such mail', async (_, happens) => {
    const mailer = await start({}, { withJournal: true });
    vendor.worker('waits');
    await mailer.send(await listmonkMail(), never);
    happens(vendor);
    expect(vendor.queued).toHaveLength(1);
    expect(await mailer.find?.(listmonkMessageId, never)).toBeUndefined();
    vendor.worker('sends');
    expect(vendor.sent).toHaveLength(0);
  });

  it('is proven by the journal once the mail is out', async () => {
    const mailer = await start({}, { withJournal: true });
    vendor.worker('waits');
    await mailer.send(await listmonkMail(), never);
    expect(await mailer.find?.(listmonkMessageId, never)).toBeUndefined();
    vendor.worker('sends');
    expect(await mailer.find?.(listmonkMessageId, never)).toEqual({
      provider: 'listmonk',
      reference: 'journal uid 1',
      evidence: 'journal',
    });
  });
});

describe('the options of a Listmonk mailer', () => {
  const sound = { ...listmonkUser, baseUrl: 'https://listmonk.example', templateId: 7, timeoutMs: 1_000 };
  it.each<[Partial<ListmonkMailerOptions>, RegExp]>([
    [{ baseUrl: 'http://listmonk.example' }, /https/],
    [{ user: 'a:b' }, /API user/],
    [{ token: '' }, /token/],
    [{ token: 'a\nb' }, /token/],
    [{ templateId: 0 }, /template/],
    [{ journal: { find: async () => undefined } }, /address/],
    [{ journalAddress: 'a@b.example, c@d.example' }, /plain address/],
    [{ bounceAddress: 'a@b.example\r\nBcc: c@d.example' }, /plain address/],
  ])('are refused where they cannot be used: %j', async (options, message) => {
    vendor = await startListmonkVendor();
    expect(() => createListmonkMailer({ ...sound, ...options })).toThrow(message);
  });
});
