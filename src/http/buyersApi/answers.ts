import { z } from 'zod';
import { checkoutStates } from '../../domain/checkoutState.ts';
import { formats } from '../../domain/effectKey.ts';
import { fileStatuses } from '../../ports/shelf.ts';

/** What the buyers' API answers with, as it goes over the wire. Every answer of the tests is held against these. */

const time = z.iso.datetime();
const format = z.enum(formats);

const shelfFormat = z.object({
  format,
  status: z
    .enum(fileStatuses)
    .describe(
      'Only what is ready can be downloaded; processing is being made; unavailable has to be mended by the shop, which was told.',
    ),
  sizeBytes: z.int().optional().describe('Absent until the copy is there.'),
  lastDownloadAt: time.nullable(),
});

const creditNote = z.object({
  number: z.string(),
  kind: z
    .enum(['credit', 'reversal'])
    .describe('A reversal takes back the credit note of a refund that failed.'),
  issuedAt: time,
  url: z.url().describe('A page with the paper; no sign-in needed.'),
});

const shelfItem = z.object({
  id: z.uuid(),
  productId: z.string(),
  title: z.string(),
  language: z.string().describe('Of the book.'),
  status: z.enum(['processing', 'active']),
  awaiting: z
    .array(z.enum(['files', 'mail']))
    .optional()
    .describe('What is still to come; absent when nothing is.'),
  claim: z
    .literal('pending')
    .optional()
    .describe('Bought as a guest and not claimed yet; it can be downloaded all the same.'),
  formats: z.array(shelfFormat),
  purchasedAt: time,
  orderId: z.string().nullable().describe('Null for the moment between entitlement and receipt.'),
  lastDownloadAt: time.nullable().describe('Of any format.'),
  mail: z
    .object({ canAsk: z.boolean(), againAt: time.nullable() })
    .describe('Whether a mail with fresh links may be asked for; againAt is set where it is only too soon.'),
  receiptUrl: z.url().optional().describe('A page with the receipt; no sign-in needed.'),
  creditNotes: z.array(creditNote).optional(),
});

export const shelfAnswer = z.object({
  items: z.array(shelfItem).describe('The latest purchase first; what was taken back is not listed.'),
  notice: z
    .enum(['email_not_verified', 'claimed_by_another_sign_in'])
    .optional()
    .describe('Why it is empty though something may have been bought.'),
});

export const mintedAnswer = z.object({
  url: z.url().describe('Where the file is downloaded, by this buyer or a program of theirs.'),
  format,
  expiresAt: time,
});

export const mailAnswer = z.object({ outcome: z.enum(['asked', 'on_its_way']) });

export const claimedAnswer = z.object({
  outcome: z.enum(['claimed', 'already_yours', 'nothing_to_claim']),
  ebooks: z.int().describe('What is theirs now and was not taken back.'),
});

export const codeAskedAnswer = z.object({
  outcome: z.literal('asked').describe('Whether anybody bought with that address or not.'),
});
export const codeNotNeededAnswer = z.object({ outcome: z.literal('already_yours') });

export const progressAnswer = z.object({
  state: z.enum(checkoutStates),
  books: z.array(
    z.object({
      title: z.string(),
      state: z.enum(['preparing', 'ready', 'ended']),
      formats: z.array(z.object({ format, ready: z.boolean() })),
    }),
  ),
  mail: z.object({
    to: z.string().nullable().describe('Masked; null until the address is known.'),
    accepted: z
      .boolean()
      .describe('A mail with receipt and links was taken by the provider for this address.'),
  }),
  suggestion: z
    .object({ typed: z.string(), meant: z.string() })
    .nullable()
    .describe('An obvious slip in the address and what was probably meant, both masked.'),
});

export const checkoutAnswer = progressAnswer.extend({
  progressUrl: z.url().describe('Where the page follows the purchase.'),
});
