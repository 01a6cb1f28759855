import type { AnyOperation } from '../frame/operation.ts';
import type { BuyerOperationsOptions } from './askForMail.ts';
import { createCorrectEmail } from './correctEmail.ts';
import { createExtendDownloads } from './extendDownloads.ts';
import { createReissueLinks } from './reissueLinks.ts';
import { createResetDownloads } from './resetDownloads.ts';
import { createResendReceipt } from './resendReceipt.ts';
import { createRevokeEntitlement } from './revokeEntitlement.ts';

/** What staff may do about one buyer's mails, links and books. */
export const createBuyerOperations = (options: BuyerOperationsOptions): AnyOperation[] => [
  createResendReceipt(options),
  createReissueLinks(options),
  createCorrectEmail(options),
  createExtendDownloads(options),
  createResetDownloads(options),
  createRevokeEntitlement(options),
];
