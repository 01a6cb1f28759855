import MailComposer from 'nodemailer/lib/mail-composer/index.js';
import type { MailerConnection, OutgoingMail } from '../../src/ports/mailer.ts';
import { createListmonkMailer } from '../../src/providers/listmonk/adapter.ts';
import type { ListmonkMailerOptions } from '../../src/providers/listmonk/adapter.ts';
import { listmonkUser, startListmonkVendor } from './listmonk.ts';
import type { ListmonkVendor, ListmonkVendorOptions } from './listmonk.ts';

export interface ListmonkMailContent {
  subject?: string;
  fromName?: string;
  html?: string;
  text?: string;
  files?: Array<{ filename: string; content: Buffer }>;
}

export const listmonkMessageId = '<m1@shop.example>';
export const listmonkJournal = 'journal@shop.example';

/** A whole mail, composed as ours are. */
export const listmonkMail = async (content: ListmonkMailContent = {}): Promise<OutgoingMail> => ({
  from: 'receipts@shop.example',
  to: 'jan@example.pl',
  messageId: listmonkMessageId,
  bytes: await new MailComposer({
    messageId: listmonkMessageId,
    from: { name: content.fromName ?? 'Ważka', address: 'receipts@shop.example' },
    to: 'jan@example.pl',
    replyTo: 'help@shop.example',
    subject: content.subject ?? 'Twoje zamówienie 📚',
    text: content.text ?? 'Dzień dobry',
    html: content.html ?? '<p>Dzień dobry</p>',
    attachments: (content.files ?? []).map((file) => ({ ...file, contentType: 'application/pdf' })),
    headers: { 'Content-Language': 'pl' },
    encoding: 'quoted-printable',
    newline: 'win',
  })
    .compile()
    .build(),
});

/** A mailbox that gets the hidden copies of what Listmonk has really sent. */
export const journalOf = (vendor: ListmonkVendor) => ({
  find: async (messageId: string) => {
    const copies = vendor.mailbox(listmonkJournal);
    const at = copies.findIndex(({ headers }) => headers['Message-Id'] === messageId);
    return at < 0 ? undefined : { uid: at + 1 };
  },
});

/** A mailer, and the Listmonk behind it. */
export async function startListmonk(
  behind: ListmonkVendorOptions = {},
  options: Partial<ListmonkMailerOptions> & { withJournal?: boolean } = {},
): Promise<{ vendor: ListmonkVendor; mailer: MailerConnection }> {
  const { withJournal, ...others } = options;
  const vendor = await startListmonkVendor(behind);
  const mailer = createListmonkMailer({
    ...listmonkUser,
    baseUrl: vendor.url,
    templateId: 7,
    timeoutMs: 2_000,
    ...(withJournal && { journal: journalOf(vendor), journalAddress: listmonkJournal }),
    ...others,
  });
  return { vendor, mailer };
}
