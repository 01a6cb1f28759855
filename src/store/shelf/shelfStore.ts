import type { ShelfStore } from '../../ports/shelf.ts';
import type { Database } from './ask.ts';
import { askFreshMail } from './askFreshMail.ts';
import { beginDownload } from './beginDownload.ts';
import { claim, claimByCode, isClaimedByAnother } from './claim.ts';
import { askClaimCode, stopClaimReminders, tryClaimCode } from './claimCodes.ts';
import { createLink } from './createLink.ts';
import { endDownload } from './endDownload.ts';
import { findOwned } from './findOwned.ts';
import { isLinked } from './isLinked.ts';
import { listOwned } from './listOwned.ts';
import { readCreditNote } from './readCreditNote.ts';
import { readLink } from './readLink.ts';
import { readReceipt } from './readReceipt.ts';
import { readStreamedCopy } from './readStreamedCopy.ts';

/** The shelf's statements over one pool, which logs in as `fulfillment_shelf`. */
export function createShelfStore(database: Database): ShelfStore {
  return {
    listOwned: (owner) => listOwned(database, owner),
    findOwned: (owner, entitlementId) => findOwned(database, owner, entitlementId),
    isLinked: (subject) => isLinked(database, subject),
    isClaimedByAnother: (owner) => isClaimedByAnother(database, owner),
    claim: (claimant) => claim(database, claimant),
    askClaimCode: (claimant) => askClaimCode(database, claimant),
    tryClaimCode: (claimant) => tryClaimCode(database, claimant),
    claimByCode: (codeId, subject) => claimByCode(database, codeId, subject),
    askFreshMail: (entitlementId) => askFreshMail(database, entitlementId),
    stopClaimReminders: (profileId) => stopClaimReminders(database, profileId),
    createLink: (link) => createLink(database, link),
    readLink: (linkId) => readLink(database, linkId),
    readStreamedCopy: (storageKey) => readStreamedCopy(database, storageKey),
    beginDownload: (download, limits) => beginDownload(database, download, limits),
    endDownload: (downloadId, sentBytes) => endDownload(database, downloadId, sentBytes),
    readReceipt: (paymentId) => readReceipt(database, paymentId),
    readCreditNote: (creditNoteId) => readCreditNote(database, creditNoteId),
  };
}
