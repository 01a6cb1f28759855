import type { ShopIdentity } from '../domain/shop.ts';
import type { Clock } from '../ports/clock.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { RenderedMail } from '../ports/mailLedger.ts';
import type { MailRenderer, MailRequest } from '../ports/mailSending.ts';
import type { ReceiptRenderer } from '../ports/orders.ts';
import { composeMail } from './compose.ts';
import { messageIdFor } from './messageId.ts';
import { addressChangedMail } from './templates/addressChangedMail.ts';
import { type FilesReadyMailInput, filesReadyMail, newLinksMail } from './templates/filesReadyMail.ts';
import type { MailContent } from './templates/layout.ts';
import { receiptMail } from './templates/receiptMail.ts';

export interface MailRendererOptions {
  shop: ShopIdentity;
  tokens: LinkTokens;
  receipts: Pick<ReceiptRenderer, 'numberText' | 'fileName' | 'pdf'>;
  clock: Clock;
  /** A new time-ordered uuid. */
  newId(): string;
  publicBaseUrl: string;
  shelfUrl: string;
  linkLifetimeMs: number;
  messageIdKey: Uint8Array;
}

/** Renders a mail with its links. Called once per logical mail; what it gives is stored and repeated byte for byte. */
export function createMailRenderer(options: MailRendererOptions): MailRenderer {
  const { shop, tokens, receipts, publicBaseUrl, shelfUrl } = options;
  const domain = shop.fromAddress.slice(shop.fromAddress.lastIndexOf('@') + 1);

  return {
    async render(request): Promise<RenderedMail> {
      const { logicalKey, kind, paymentId, order, to, receipt } = request;
      const now = options.clock.now();
      const expiresAt = new Date(now.getTime() + options.linkLifetimeMs);
      const links = linksOf(request, expiresAt);
      const messageId = messageIdFor(logicalKey, { key: options.messageIdKey, domain });
      const shared = { order, links: links.map(({ shown }) => shown), shelfUrl, expiresAt, shop };
      const content = contentOf(request, shared);
      const attachments = receipt
        ? [
            {
              fileName: receipts.fileName(receipt),
              contentType: 'application/pdf',
              bytes: await receipts.pdf(receipt),
            },
          ]
        : [];
      const bytes = await composeMail({
        messageId,
        date: now,
        from: { name: shop.name, address: shop.fromAddress },
        to,
        ...(shop.replyTo === undefined ? {} : { replyTo: shop.replyTo }),
        ...content,
        attachments,
        language: order.buyer.language,
      });
      return {
        logicalKey,
        kind,
        paymentId,
        messageId,
        from: shop.fromAddress,
        to,
        bytes,
        links: links.map(({ stored }) => stored),
      };
    },
  };

  function contentOf(request: MailRequest, shared: FilesReadyMailInput): MailContent {
    const { kind, paymentId, receipt, entitlements } = request;
    switch (kind) {
      case 'receipt':
        if (!receipt) throw new TypeError('A receipt mail needs its receipt.');
        return receiptMail({
          ...shared,
          receipt: { number: receipts.numberText(receipt) },
          receiptUrl: `${publicBaseUrl}/r/${tokens.write('receipt-page', paymentId)}`,
          filesPending: entitlements.some((entitlement) => !entitlement.filesReady),
        });
      case 'files_ready':
        return filesReadyMail(shared);
      case 'new_links':
        return newLinksMail(shared);
      case 'address_changed':
        return addressChangedMail(shared);
    }
  }

  function linksOf({ order, entitlements }: MailRequest, expiresAt: Date) {
    return entitlements.flatMap(({ entitlementId, lineNo, formats }) =>
      formats.map((format) => {
        const linkId = options.newId();
        const title = order.lines.find((line) => line.lineNo === lineNo)?.title ?? '';
        const url = `${publicBaseUrl}/d/${tokens.write('download-link', linkId)}`;
        return {
          shown: { lineNo, title, format, url },
          stored: { linkId, entitlementId, format, expiresAt },
        };
      }),
    );
  }
}
