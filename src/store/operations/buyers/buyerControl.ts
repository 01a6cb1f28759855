import type { BuyerControl } from '../../../ports/buyerControl.ts';
import { correctedEmail, correctEmail, revokedLines, setRevokedLines } from './decisions.ts';
import { ensureOwner, moveEntitlements, ownedLines } from './entitlements.ts';
import { endLinks, extendLinks, resetDownloads, unlinkedLines } from './links.ts';
import { askedMails, hasReceipt, idleAskedMails, mailsOf } from './mails.ts';

/** What people decide about mails, links and rights, over a connection of `fulfillment_operations`. */
export const buyerControl: BuyerControl = {
  hasReceipt,
  mailsOf,
  askedMails,
  idleAskedMails,
  unlinkedLines,
  correctedEmail,
  correctEmail,
  revokedLines,
  setRevokedLines,
  ownedLines,
  ensureOwner,
  moveEntitlements,
  endLinks,
  resetDownloads,
  extendLinks,
};
