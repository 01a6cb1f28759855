import PostalMime from 'postal-mime';
import type { MailTemplate } from '../../domain/mailTemplates.ts';
import type { Language } from '../../domain/order.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import type { ReceiptRenderer } from '../../ports/orders.ts';
import type { CreditNoteRenderer } from '../../ports/settling.ts';
import { composeForBuyer } from '../envelope.ts';
import { createMailRenderer } from '../render.ts';
import { claimInvitationMail } from '../templates/claimInvitationMail.ts';
import { claimReminderMail } from '../templates/claimReminderMail.ts';
import type { MailContent } from '../templates/layout.ts';
import { sampleOrder } from './sampleOrder.ts';
import { sampleRequests } from './sampleRequests.ts';

export interface MailPreviewOptions {
  shop: ShopIdentity;
  receipts: ReceiptRenderer;
  creditNotes: CreditNoteRenderer;
  publicBaseUrl: string;
  shelfUrl: string;
  linkLifetimeMs: number;
  now: Date;
}

/** A mail as its reader has it: taken apart again from the bytes that would have been sent. */
export interface PreviewedMail {
  subject: string;
  from: { name: string; address: string };
  html: string;
  text: string;
  /** Names of the files that come with it. */
  attachments: string[];
  sizeBytes: number;
}

export interface MailPreview {
  render(template: MailTemplate, language: Language): Promise<PreviewedMail>;
}

const codeMinutes = 15;

/**
 * Mails with sample data, made as production makes them: the same templates, composed into the same bytes. Their links
 * lead nowhere.
 */
export function createMailPreview(options: MailPreviewOptions): MailPreview {
  const { shop, publicBaseUrl, receipts, creditNotes, now } = options;
  const renderer = createMailRenderer({
    ...options,
    // As long as real ones, and good for nothing.
    tokens: { write: (kind) => `sample-${kind}-${'x'.repeat(48)}`, read: () => undefined },
    clock: { now: () => now, elapsedMs: () => 0, sleep: async () => undefined },
    messageIdKey: new Uint8Array(32),
  });

  return {
    async render(template, language) {
      const bytes = await bytesOf(template, language);
      const mail = await PostalMime.parse(bytes);
      return {
        subject: mail.subject ?? '',
        from: { name: mail.from?.name ?? '', address: mail.from?.address ?? '' },
        html: mail.html ?? '',
        text: mail.text ?? '',
        attachments: mail.attachments.map(({ filename }) => filename ?? ''),
        sizeBytes: bytes.length,
      };
    },
  };

  async function bytesOf(template: MailTemplate, language: Language): Promise<Uint8Array> {
    if (
      template === 'claim_invitation' ||
      template === 'claim_reminder' ||
      template === 'claim_reminder_last'
    )
      return claimBytes(claimOf(template, language), language);
    const { bytes } = await renderer.render(
      sampleRequests(language, now, { receipts, creditNotes })[template](),
    );
    return bytes;
  }

  function claimBytes(content: MailContent, language: Language): Promise<Uint8Array> {
    const messageId = `<sample@${shop.fromAddress.slice(shop.fromAddress.lastIndexOf('@') + 1)}>`;
    return composeForBuyer(content, { shop, to: 'anna@books.example', messageId, date: now, language });
  }

  function claimOf(
    template: 'claim_invitation' | 'claim_reminder' | 'claim_reminder_last',
    language: Language,
  ): MailContent {
    const { orderId, lines } = sampleOrder(language, now);
    const claimed = { orderId, titles: lines.map(({ title }) => title), language, shop };
    const claimUrl = `${publicBaseUrl}/claim`;
    if (template === 'claim_invitation')
      return claimInvitationMail({
        ...claimed,
        code: '7XK4M2QP',
        codeMinutes,
        codeExpiresAt: new Date(now.getTime() + codeMinutes * 60_000),
        signInUrl: `${publicBaseUrl}/sign-in`,
        codeUrl: claimUrl,
      });
    return claimReminderMail({
      ...claimed,
      reminder: template === 'claim_reminder' ? 'first' : 'last',
      claimUrl,
      stopUrl: `${publicBaseUrl}/claim/reminders/sample-${'x'.repeat(48)}`,
    });
  }
}
