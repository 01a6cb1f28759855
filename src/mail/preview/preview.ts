import PostalMime from 'postal-mime';
import type { MailTemplate } from '../../domain/mailTemplates.ts';
import type { Language } from '../../domain/order.ts';
import type { ShopIdentity } from '../../domain/shop.ts';
import type { ReceiptRenderer } from '../../ports/orders.ts';
import type { CreditNoteRenderer } from '../../ports/settling.ts';
import { createMailRenderer } from '../render.ts';
import { sampleRequests } from './sampleRequests.ts';

export interface MailPreviewOptions {
  shop: ShopIdentity;
  receipts: ReceiptRenderer;
  creditNotes: CreditNoteRenderer;
  publicBaseUrl: string;
  shelfUrl: string;
  claimUrl: string;
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

/**
 * Mails with sample data, made as production makes them: the same templates, composed into the same bytes. Their links
 * lead nowhere.
 */
export function createMailPreview(options: MailPreviewOptions): MailPreview {
  const { receipts, creditNotes, now } = options;
  const renderer = createMailRenderer({
    ...options,
    // As long as real ones, and good for nothing.
    tokens: { write: (kind) => `sample-${kind}-${'x'.repeat(48)}`, read: () => undefined },
    clock: { now: () => now, elapsedMs: () => 0, sleep: async () => undefined },
    messageIdKey: new Uint8Array(32),
    claims: { codes: { write: () => '7XK4M2QP' }, url: options.claimUrl },
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
    const { bytes } = await renderer.render(
      sampleRequests(language, now, { receipts, creditNotes })[template](),
    );
    return bytes;
  }
}
