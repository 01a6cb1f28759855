import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { IdentityProvider } from '../ports/identity.ts';
import type { AskClaimCode, ConfirmClaimCode } from '../shelf/claimByCode.ts';
import type { ClaimedShelf, ClaimShelf } from '../shelf/claimShelf.ts';
import { authenticate } from './bearer.ts';
import { HttpProblem, type Problem } from './problem.ts';

export interface ClaimRouteOptions {
  identity: IdentityProvider;
  claimShelf: ClaimShelf;
  askClaimCode: AskClaimCode;
  confirmClaimCode: ConfirmClaimCode;
}

const asked = z.object({
  email: z.string().min(1).max(512).describe('The address that was given at the purchase.'),
});
const confirmed = asked.extend({
  code: z.string().min(1).max(64).describe('The code of the latest mail, in groups or not.'),
});
export const claimBodies = { asked, confirmed };

/**
 * How a guest's purchase becomes an account's: `POST /v1/shelf/claim` by a verified address, `POST
 * /v1/shelf/claim-codes` and `…/confirm` by a code that is typed. No link claims anything, for scanners open links.
 */
export function claimRoutes(options: ClaimRouteOptions) {
  return async (server: FastifyInstance): Promise<void> => {
    server.post('/v1/shelf/claim', { bodyLimit: 1024 }, async (request, reply) => {
      const buyer = await authenticate(request, options.identity);
      const { kind, ebooks } = await options.claimShelf(buyer);
      return reply.header('cache-control', 'no-store').send(claimed({ kind, ebooks }));
    });

    server.post('/v1/shelf/claim-codes', { bodyLimit: 2048 }, async (request, reply) => {
      const buyer = await authenticate(request, options.identity);
      const { email } = readBody(asked, request.body);
      const answer = await options.askClaimCode(buyer, email);
      if (answer.outcome === 'email_malformed') throw new HttpProblem(malformedEmail);
      if (answer.outcome === 'too_many') throw new HttpProblem(tooManyCodes(answer.againAt));
      if (answer.outcome === 'other_profile_linked') throw new HttpProblem(otherProfile);
      return reply
        .code(answer.outcome === 'asked' ? 202 : 200)
        .header('cache-control', 'no-store')
        .send({ outcome: answer.outcome });
    });

    server.post('/v1/shelf/claim-codes/confirm', { bodyLimit: 2048 }, async (request, reply) => {
      const buyer = await authenticate(request, options.identity);
      const { kind, ebooks } = await options.confirmClaimCode(buyer, readBody(confirmed, request.body));
      if (kind === 'code_not_valid') throw new HttpProblem(codeNotValid);
      return reply.header('cache-control', 'no-store').send(claimed({ kind, ebooks }));
    });
  };
}

/** The answer, or the refusal that is thrown in its place. */
function claimed({ kind, ebooks }: { kind: ClaimedShelf['kind']; ebooks: number }) {
  const refused = refusedClaims[kind];
  if (refused) throw new HttpProblem(refused);
  return { outcome: kind, ebooks };
}

function readBody<Body>(schema: z.ZodType<Body>, body: unknown): Body {
  const read = schema.safeParse(body);
  if (read.success) return read.data;
  const field = read.error.issues[0]?.path.join('.') || 'email';
  throw new HttpProblem({
    status: 400,
    code: 'invalid_input',
    field,
    detail: `The field ${field} is missing or not a text.`,
    remedy:
      field === 'code'
        ? 'Send {"email": "…", "code": "…"} with the code of the mail.'
        : 'Send {"email": "…"} with the address that was given at the purchase.',
  });
}

export const malformedEmail: Problem = {
  status: 400,
  code: 'invalid_input',
  field: 'email',
  detail: 'This is not an e-mail address.',
  remedy: 'Send the address that was given at the purchase, for example anna@example.com.',
};

export const codeNotValid: Problem = {
  status: 403,
  code: 'code_not_valid',
  field: 'code',
  detail:
    'This code does not work: it is mistyped, used, older than 15 minutes, or was asked for by another sign-in.',
  remedy: 'Type it as it stands in the latest mail, or ask for a new one. After five tries a code is over.',
};

export const otherProfile: Problem = {
  status: 409,
  code: 'other_profile_linked',
  detail: 'Your account owns what was bought with another address.',
  remedy: 'Ask support to put the two together.',
};

/** Of one sign-in. */
export function tooManyCodes(againAt: Date): Problem {
  return {
    status: 429,
    code: 'too_many_codes',
    detail: 'Five codes were asked for within an hour.',
    remedy: `Look for the mails that have come, also among spam, or ask again after ${againAt.toISOString()}.`,
    retryAfterSeconds: Math.max(1, Math.ceil((againAt.getTime() - Date.now()) / 1000)),
  };
}

export const notVerified: Problem = {
  status: 403,
  code: 'email_not_verified',
  detail: 'Your e-mail address is not verified yet.',
  remedy: 'Open the confirmation mail of your account, then sign in again.',
};

export const claimedByAnother: Problem = {
  status: 409,
  code: 'claimed_by_another_sign_in',
  detail: 'What was bought with this address belongs to another sign-in already.',
  remedy: 'Sign in the way you did then, or ask support.',
};

/** What is refused of a claim; the rest are answers. */
const refusedClaims: Partial<Record<ClaimedShelf['kind'], Problem>> = {
  email_not_verified: notVerified,
  claimed_by_another: claimedByAnother,
  other_profile_linked: otherProfile,
};
