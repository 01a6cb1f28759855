import type { ShopIdentity } from '../domain/shop.ts';
import type { ClaimCodes } from '../ports/claimCodes.ts';
import type { Clock } from '../ports/clock.ts';
import type { LinkTokens } from '../ports/linkTokens.ts';
import type { RenderedMail } from '../ports/mailLedger.ts';
import type { MailRenderer, MailRequest } from '../ports/mailSending.ts';
import type { ReceiptRenderer } from '../ports/orders.ts';
import type { CreditNoteRenderer, NoticeToTell } from '../ports/settling.ts';
import type { MailAttachment } from './compose.ts';
import { composeForBuyer } from './envelope.ts';
import { linkIdFor } from './linkId.ts';
import { messageIdFor } from './messageId.ts';
import { claimInvitationMail } from './templates/claimInvitationMail.ts';
import { claimReminderMail } from './templates/claimReminderMail.ts';
import { addressChangedMail } from './templates/addressChangedMail.ts';
import {
  type FilesReadyMailInput,
  filesReadyMail,
  grantedMail,
  newLinksMail,
  newVersionMail,
} from './templates/filesReadyMail.ts';
import type { MailContent } from './templates/layout.ts';
import { noticeMail } from './templates/noticeMail.ts';
import { profilesMergedMail } from './templates/profilesMergedMail.ts';
import { receiptMail } from './templates/receiptMail.ts';

export interface MailRendererOptions {
  shop: ShopIdentity;
  tokens: LinkTokens;
  receipts: Pick<ReceiptRenderer, 'numberText' | 'fileName' | 'pdf'>;
  creditNotes: Pick<CreditNoteRenderer, 'kindOf' | 'numberText' | 'fileName' | 'pdf'>;
  clock: Clock;
  publicBaseUrl: string;
  shelfUrl: string;
  linkLifetimeMs: number;
  messageIdKey: Uint8Array;
  claims: {
    codes: Pick<ClaimCodes, 'write'>;
    /** The shop's page where a signed-in buyer types a code. */
    url: string;
  };
}

/** Renders a mail with its links. Called once per logical mail; what it gives is stored and repeated byte for byte. */
export function createMailRenderer(options: MailRendererOptions): MailRenderer {
  const { shop, tokens, receipts, creditNotes, publicBaseUrl, shelfUrl } = options;
  const domain = shop.fromAddress.slice(shop.fromAddress.lastIndexOf('@') + 1);

  return {
    async render(request): Promise<RenderedMail> {
      const { logicalKey, kind, paymentId, order, to } = request;
      const now = options.clock.now();
      const expiresAt = new Date(now.getTime() + options.linkLifetimeMs);
      const links = linksOf(request, expiresAt);
      const messageId = messageIdFor(logicalKey, { key: options.messageIdKey, domain });
      const shared = { order, links: links.map(({ shown }) => shown), shelfUrl, expiresAt, shop };
      const content = contentOf(request, shared, now);
      const { language } = order.buyer;
      const attachments = await attachmentsOf(request);
      const bytes = await composeForBuyer(content, { shop, to, messageId, date: now, language, attachments });
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

  function contentOf(request: MailRequest, shared: FilesReadyMailInput, now: Date): MailContent {
    const { kind, paymentId, receipt, entitlements } = request;
    switch (kind) {
      case 'receipt':
        if (!receipt) throw new TypeError('A receipt mail needs its receipt.');
        return receiptMail({
          ...shared,
          receipt: { number: receipts.numberText(receipt) },
          receiptUrl: receiptPage(paymentId),
          filesPending: entitlements.some((entitlement) => !entitlement.filesReady),
        });
      case 'files_ready':
        return filesReadyMail(shared);
      case 'granted':
        return grantedMail(shared);
      case 'new_links':
        return newLinksMail(shared);
      case 'new_version':
        return newVersionMail(shared);
      case 'address_changed':
        return addressChangedMail(shared);
      case 'profiles_merged':
        return profilesMergedMail(shared);
      case 'claim_invitation':
      case 'claim_reminder':
        return claimMail(request, now);
      case 'refund':
      case 'refund_failed':
      case 'access_ended':
      case 'access_restored':
        if (request.notice?.notice.kind !== kind) throw new TypeError('A notice is told by its own mail.');
        return noticeMail({
          ...shared,
          ...noticeOf(request.notice),
          receipt: receipt && { number: receipts.numberText(receipt), url: receiptPage(paymentId) },
        });
    }
  }

  function claimMail({ kind, claim, order }: MailRequest, now: Date): MailContent {
    const { orderId, lines, buyer } = order;
    const { codes, url } = options.claims;
    const about = { orderId, titles: lines.map(({ title }) => title), language: buyer.language, shop };
    if (kind === 'claim_invitation' && claim?.kind === 'invitation') {
      const { codeId, expiresAt: codeExpiresAt } = claim;
      const codeMinutes = Math.max(1, Math.floor((codeExpiresAt.getTime() - now.getTime()) / 60_000));
      const pages = { signInUrl: url, codeUrl: url };
      return claimInvitationMail({
        ...about,
        ...pages,
        code: codes.write(codeId),
        codeMinutes,
        codeExpiresAt,
      });
    }
    if (kind === 'claim_reminder' && claim?.kind === 'reminder') {
      const { reminder, inviteUrl, profileId } = claim;
      const stopUrl = `${publicBaseUrl}/reminders/${tokens.write('claim-reminders', profileId)}`;
      return claimReminderMail({
        ...about,
        reminder,
        claimUrl: inviteUrl ?? url,
        invited: inviteUrl !== null,
        stopUrl,
      });
    }
    throw new TypeError('A mail about claiming needs to know what it is about.');
  }

  function receiptPage(paymentId: string): string {
    return `${publicBaseUrl}/r/${tokens.write('receipt-page', paymentId)}`;
  }

  function noticeOf({ notice, creditNote }: NoticeToTell) {
    if (creditNote === null) return { notice, creditNote };
    const { creditNoteId, document } = creditNote;
    const url = `${publicBaseUrl}/c/${tokens.write('credit-note-page', creditNoteId)}`;
    return {
      notice,
      creditNote: { kind: creditNotes.kindOf(document), number: creditNotes.numberText(document), url },
    };
  }

  /** The paper that belongs to the mail. */
  async function attachmentsOf({ receipt, notice }: MailRequest): Promise<MailAttachment[]> {
    const attached = (fileName: string, bytes: Uint8Array) => ({
      fileName,
      contentType: 'application/pdf',
      bytes,
    });
    const creditNote = notice?.creditNote?.document;
    return [
      ...(receipt ? [attached(receipts.fileName(receipt), await receipts.pdf(receipt))] : []),
      ...(creditNote ? [attached(creditNotes.fileName(creditNote), await creditNotes.pdf(creditNote))] : []),
    ];
  }

  function linksOf(request: MailRequest, expiresAt: Date) {
    const { order, logicalKey } = request;
    const paidAt = new Date(order.paidAt);
    return linkedOf(request).flatMap(({ entitlementId, lineNo, formats }) =>
      formats.map((format) => {
        const linkId = linkIdFor({ logicalKey, lineNo, format }, paidAt);
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

/** What a mail has links to. A notice gives them to what it brings back, and to nothing else. */
function linkedOf({ notice, entitlements }: MailRequest): MailRequest['entitlements'] {
  if (!notice) return entitlements;
  const { kind, lines } = notice.notice;
  const restores = kind === 'refund_failed' || kind === 'access_restored';
  return restores ? entitlements.filter(({ lineNo }) => lines.includes(lineNo)) : [];
}
