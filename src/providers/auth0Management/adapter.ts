import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { AccountInvitations } from '../../ports/accountInvitations.ts';
import type { JsonAnswer } from '../jsonCall.ts';
import { type Auth0ConnectionOptions, connectAuth0 } from './api.ts';
import { auth0Fault } from './faults.ts';

export interface Auth0InvitationOptions extends Auth0ConnectionOptions {
  /** Name of the database connection in which accounts are opened. */
  connection: string;
  /** Where the buyer goes on after the password is chosen, with Auth0's classic pages. */
  resultUrl: string;
  /** The shop's application: with Auth0's newer pages the buyer goes on to its sign-in. Takes the place of `resultUrl`. */
  applicationId?: string | undefined;
}

/** The scopes that the calls below need. */
export const auth0Scopes = ['read:users', 'create:users', 'create:user_tickets'];

/** Auth0's own default, said aloud: longer than the day that lies between most buyers and their mail. */
const ticketSeconds = 5 * 24 * 3600;

/** By this we know an account again as one that nobody but us has touched. Only the Management API writes it. */
const mark = 'fulfillment_invited';

const userShape = z.looseObject({
  user_id: z.string().min(1).max(300),
  email_verified: z.boolean().default(false),
  logins_count: z.number().default(0),
  blocked: z.boolean().default(false),
  identities: z.array(z.looseObject({ connection: z.string() })).default([]),
  app_metadata: z.looseObject({}).default({}),
});
type User = z.infer<typeof userShape>;
const ticketShape = z.object({ ticket: z.url({ protocol: /^https?$/ }).max(4_096) });

/**
 * Invitations by Auth0's Management API v2: `users-by-email`, `users`, `tickets/password-change`.
 *
 * A ticket is given for accounts alone that we have opened and nobody has used. For any other it would help whoever had
 * opened it in the buyer's name before: with a password of theirs, or a second identity linked to it, they would share
 * what the buyer claims.
 *
 * @throws TypeError when an option cannot be used
 */
export function createAuth0Invitations(options: Auth0InvitationOptions): AccountInvitations & {
  /** Of a fresh token, for a look at the configuration. @throws Fault */
  scopes(signal: AbortSignal): Promise<string[]>;
} {
  const { connection, resultUrl, applicationId } = options;
  const api = connectAuth0(options);

  const find = async (email: string, signal: AbortSignal): Promise<User[]> =>
    bodyOf(await api.ask({ path: 'users-by-email', query: { email }, shape: z.array(userShape), signal }));

  /** Undefined when somebody was quicker. */
  async function open(email: string, signal: AbortSignal): Promise<User | undefined> {
    const answer = await api.ask({
      path: 'users',
      content: {
        connection,
        email,
        // Nobody knows it, and it meets the strictest of Auth0's rules for passwords.
        password: `${randomBytes(32).toString('base64url')}aA1!`,
        email_verified: false,
        verify_email: false,
        app_metadata: { [mark]: true },
      },
      shape: userShape,
      signal,
    });
    return answer.kind === 'answer' && answer.status === 409 ? undefined : bodyOf(answer);
  }

  async function ticketFor(userId: string, signal: AbortSignal): Promise<string> {
    const answer = await api.ask({
      path: 'tickets/password-change',
      content: {
        user_id: userId,
        ttl_sec: ticketSeconds,
        // Whoever uses the ticket has it from the mailbox.
        mark_email_as_verified: true,
        ...(applicationId === undefined ? { result_url: resultUrl } : { client_id: applicationId }),
      },
      shape: ticketShape,
      signal,
    });
    return bodyOf(answer).ticket;
  }

  const isUnusedInvitation = (user: User) =>
    user.app_metadata[mark] === true &&
    !user.email_verified &&
    user.logins_count === 0 &&
    !user.blocked &&
    user.identities.length === 1 &&
    user.identities[0]?.connection === connection;

  return {
    scopes: (signal) => api.scopes(signal),

    async invite(email, signal) {
      let users = await find(email, signal);
      if (users.length === 0) {
        const opened = await open(email, signal);
        if (opened) return ticketFor(opened.user_id, signal);
        users = await find(email, signal);
      }
      const [only, ...others] = users;
      if (!only || others.length > 0 || !isUnusedInvitation(only)) return null;
      return ticketFor(only.user_id, signal);
    },
  };
}

function bodyOf<Body>(answer: JsonAnswer<Body>): Body {
  if (answer.kind === 'ok') return answer.body;
  throw new Fault(auth0Fault(answer));
}
