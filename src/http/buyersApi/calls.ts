import type { z } from 'zod';
import { notSignedIn } from '../bearer.ts';
import {
  askedTooOften,
  checkoutBody,
  correctionRefusals,
  sessionIdMissing,
  unknownCheckout,
} from '../checkout.ts';
import { tooManyListeners, unknownToken } from '../checkoutProgress.ts';
import {
  claimBodies,
  claimedByAnother,
  codeNotValid,
  malformedEmail,
  notVerified,
  otherProfile,
  tooManyCodes,
} from '../claims.ts';
import { unavailable, unexpected, unreadable } from '../errors.ts';
import type { Problem } from '../problem.ts';
import { downloadBody, formatNotOffered, mailTooSoon, shelfRefusals } from '../shelf.ts';
import {
  checkoutAnswer,
  claimedAnswer,
  codeAskedAnswer,
  codeNotNeededAnswer,
  mailAnswer,
  mintedAnswer,
  progressAnswer,
  shelfAnswer,
} from './answers.ts';

/** One call of the buyers' API, for its document. */
export interface BuyersCall {
  method: 'get' | 'post';
  /** With its fields in braces. */
  path: string;
  id: string;
  summary: string;
  signedIn: boolean;
  parameters?: ReadonlyArray<{ name: string; in: 'path' | 'query'; description: string; format?: 'uuid' }>;
  body?: z.ZodType;
  /** By status. */
  answers: Record<number, { means: string; schema: z.ZodType; streamed?: true }>;
  /** Refusals of its own, as the routes give them. */
  problems: readonly Problem[];
}

const always = [unexpected, unavailable];
const badBody = Object.values(unreadable).filter(({ code }) => code !== 'invalid_url');
/** What the routes themselves say; times in its texts are examples. */
const someday = new Date('2027-01-01T00:00:00Z');
const bought = {
  name: 'id',
  in: 'path',
  format: 'uuid',
  description: 'Of an item of the shelf.',
} as const;
const claimed = 'What was bought with the address is the account’s now, or was before.';

const shelfCalls: BuyersCall[] = [
  {
    method: 'get',
    path: '/v1/shelf',
    id: 'shelf',
    summary: 'What the signed-in buyer owns',
    signedIn: true,
    answers: { 200: { means: 'The shelf.', schema: shelfAnswer } },
    problems: [],
  },
  {
    method: 'post',
    path: '/v1/shelf/{id}/download',
    id: 'download',
    summary: 'A fresh link to one file',
    signedIn: true,
    parameters: [bought],
    body: downloadBody,
    answers: { 201: { means: 'The link.', schema: mintedAnswer } },
    problems: [
      ...badBody,
      shelfRefusals.format_unknown,
      formatNotOffered(['pdf']),
      notVerified,
      shelfRefusals.revoked,
      shelfRefusals.not_found,
      shelfRefusals.processing,
    ],
  },
  {
    method: 'post',
    path: '/v1/shelf/{id}/mail',
    id: 'mail',
    summary: 'A mail with fresh links to all books of that order, to the order’s address',
    signedIn: true,
    parameters: [bought],
    answers: { 202: { means: 'It goes out, or one was on its way already.', schema: mailAnswer } },
    problems: [...badBody, shelfRefusals.revoked, shelfRefusals.not_found, mailTooSoon(someday)],
  },
];

const claimCalls: BuyersCall[] = [
  {
    method: 'post',
    path: '/v1/shelf/claim',
    id: 'claim',
    summary: 'Takes what was bought with the verified address of the sign-in',
    signedIn: true,
    answers: { 200: { means: claimed, schema: claimedAnswer } },
    problems: [...badBody, notVerified, claimedByAnother, otherProfile],
  },
  {
    method: 'post',
    path: '/v1/shelf/claim-codes',
    id: 'ask_claim_code',
    summary: 'Has a code mailed to the address of a purchase',
    signedIn: true,
    body: claimBodies.asked,
    answers: {
      200: { means: 'It is the account’s already.', schema: codeNotNeededAnswer },
      202: { means: 'If anything waits for that address, a mail goes there.', schema: codeAskedAnswer },
    },
    problems: [...badBody, malformedEmail, otherProfile, tooManyCodes(someday)],
  },
  {
    method: 'post',
    path: '/v1/shelf/claim-codes/confirm',
    id: 'confirm_claim_code',
    summary: 'Takes what was bought with an address by the code that was mailed there',
    signedIn: true,
    body: claimBodies.confirmed,
    answers: { 200: { means: claimed, schema: claimedAnswer } },
    problems: [
      ...badBody,
      { ...malformedEmail, field: 'email' },
      codeNotValid,
      claimedByAnother,
      otherProfile,
    ],
  },
];

const checkoutCalls: BuyersCall[] = [
  {
    method: 'post',
    path: '/v1/checkout/confirm',
    id: 'confirm_checkout',
    summary: 'Tells of a finished checkout, and how far its purchase is',
    signedIn: false,
    body: checkoutBody,
    answers: { 200: { means: 'The purchase as its buyer may see it.', schema: checkoutAnswer } },
    problems: [...badBody, sessionIdMissing, unknownCheckout, askedTooOften(30)],
  },
  {
    method: 'post',
    path: '/v1/checkout/correct-address',
    id: 'correct_address',
    summary: 'Mends the obvious slip in the address that was suggested',
    signedIn: false,
    body: checkoutBody,
    answers: { 200: { means: 'The purchase, with the mended address.', schema: checkoutAnswer } },
    problems: [
      ...badBody,
      sessionIdMissing,
      unknownCheckout,
      ...Object.values(correctionRefusals),
      askedTooOften(30),
    ],
  },
  {
    method: 'get',
    path: '/v1/checkout/progress',
    id: 'checkout_progress',
    summary: 'How far a purchase is: as server-sent events, or once with Accept: application/json',
    signedIn: false,
    parameters: [{ name: 'token', in: 'query', description: 'Of progressUrl, which holds it already.' }],
    answers: { 200: { means: 'The state now, and each later one.', schema: progressAnswer, streamed: true } },
    problems: [unknownToken, askedTooOften(30), tooManyListeners],
  },
];

/** All calls of the buyers' API. A test compares them with the routes that there are. */
export const buyersCalls: readonly BuyersCall[] = [...shelfCalls, ...claimCalls, ...checkoutCalls].map(
  (call) => ({
    ...call,
    problems: [...call.problems, ...(call.signedIn ? [notSignedIn().problem] : []), ...always],
  }),
);
