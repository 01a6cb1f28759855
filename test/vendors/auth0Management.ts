import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type HttpBehaviour, type SeenRequest, startFaultHttp } from './faultHttp.ts';

/**
 * Auth0's token endpoint and the calls of its Management API v2 that invitations need, by their documentation
 * (auth0.com/docs/api/management/v2): users by e-mail, users, tickets for a change of password.
 */

export interface StandInUser {
  user_id: string;
  email: string;
  email_verified: boolean;
  password?: string;
  logins_count?: number;
  blocked?: boolean;
  identities: Array<{ connection: string; user_id: string; provider: string; isSocial: boolean }>;
  app_metadata?: Record<string, unknown>;
}

const tokenRequest = z.object({
  grant_type: z.literal('client_credentials'),
  client_id: z.string(),
  client_secret: z.string(),
  audience: z.string(),
});
const newUser = z.object({
  connection: z.string(),
  email: z.email(),
  password: z.string().regex(/^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)(?=.*[^a-zA-Z0-9]).{8,}$/),
  email_verified: z.boolean().optional(),
  verify_email: z.boolean().optional(),
  app_metadata: z.record(z.string(), z.unknown()).optional(),
});
const newTicket = z.strictObject({
  user_id: z.string(),
  ttl_sec: z.int().min(0).optional(),
  mark_email_as_verified: z.boolean().optional(),
  result_url: z.url().optional(),
  client_id: z.string().optional(),
});

const connection = 'Username-Password-Authentication';
const client = { id: 'machine', secret: 'machine secret' };

const json = (status: number, body: unknown): HttpBehaviour => ({ mode: 'answer', status, json: body });
const refused = (status: number, error: string, errorCode: string, message: string) =>
  json(status, { statusCode: status, error, message, errorCode });

export async function startAuth0Management() {
  const http = await startFaultHttp();
  const fresh = () => ({
    users: [] as StandInUser[],
    tokens: new Set<string>(),
    scope: 'read:users create:users create:user_tickets',
    secret: client.secret,
    tokenSeconds: 86_400,
    tickets: [] as Array<{ url: string; userId: string; request: z.infer<typeof newTicket> }>,
    /** Done between somebody's look and their opening of an account. */
    beforeOpening: () => {},
  });
  const state = fresh();

  function giveToken(body: string): HttpBehaviour {
    const asked = tokenRequest.safeParse(JSON.parse(body));
    if (!asked.success) return json(400, { error: 'invalid_request' });
    if (asked.data.audience !== `${http.url}/api/v2/`)
      return json(403, { error: 'access_denied', error_description: 'Service not found' });
    if (asked.data.client_id !== client.id || asked.data.client_secret !== state.secret)
      return json(401, { error: 'access_denied', error_description: 'Unauthorized' });
    const token = randomBytes(24).toString('base64url');
    state.tokens.add(token);
    return json(200, {
      access_token: token,
      scope: state.scope,
      expires_in: state.tokenSeconds,
      token_type: 'Bearer',
    });
  }

  function openAccount(body: string): HttpBehaviour {
    const asked = newUser.safeParse(JSON.parse(body));
    if (!asked.success)
      return refused(400, 'Bad Request', 'invalid_body', `Payload validation error: ${asked.error.message}`);
    const { email, connection: named, ...rest } = asked.data;
    if (named !== connection)
      return refused(404, 'Not Found', 'inexistent_connection', 'The connection does not exist.');
    state.beforeOpening();
    const address = email.toLowerCase();
    if (
      state.users.some(
        (user) => user.email === address && user.identities.some((one) => one.connection === named),
      )
    )
      return refused(409, 'Conflict', 'auth0_idp_error', 'The user already exists.');
    const id = randomBytes(12).toString('hex');
    const user: StandInUser = {
      user_id: `auth0|${id}`,
      email: address,
      email_verified: rest.email_verified ?? false,
      password: rest.password,
      identities: [{ connection: named, user_id: id, provider: 'auth0', isSocial: false }],
      ...(rest.app_metadata && { app_metadata: rest.app_metadata }),
    };
    state.users.push(user);
    return json(201, shown(user));
  }

  function giveTicket(body: string): HttpBehaviour {
    const asked = newTicket.safeParse(JSON.parse(body));
    if (!asked.success)
      return refused(400, 'Bad Request', 'invalid_body', `Payload validation error: ${asked.error.message}`);
    const { user_id: userId, result_url: resultUrl, client_id: clientId } = asked.data;
    if (resultUrl !== undefined && clientId !== undefined)
      return refused(400, 'Bad Request', 'invalid_body', 'result_url cannot be used with client_id.');
    if (!state.users.some((user) => user.user_id === userId))
      return refused(404, 'Not Found', 'inexistent_user', 'The user does not exist.');
    const url = `${http.url}/u/reset-verify?ticket=${randomBytes(24).toString('base64url')}#`;
    state.tickets.push({ url, userId, request: asked.data });
    return json(201, { ticket: url });
  }

  function answer(request: SeenRequest): HttpBehaviour {
    const { method, path, headers, body, query } = request;
    const call = `${method} ${path}`;
    if (call === 'POST /oauth/token') return giveToken(body);
    const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!state.tokens.has(token)) return refused(401, 'Unauthorized', 'invalid_token', 'Invalid token');
    const scope = neededScopes[call];
    if (scope === undefined) return refused(404, 'Not Found', 'not_found', 'Not found.');
    if (!state.scope.split(' ').includes(scope))
      return refused(403, 'Forbidden', 'insufficient_scope', `Insufficient scope, expected any of: ${scope}`);
    if (call === 'POST /api/v2/users') return openAccount(body);
    if (call === 'POST /api/v2/tickets/password-change') return giveTicket(body);
    // The address is looked for as it stands: "make sure that you are searching … using the correct case".
    return json(200, state.users.filter(({ email }) => email === query.get('email')).map(shown));
  }
  http.otherwise(answer);

  return {
    ...http,
    state,
    connection,
    client,
    reset() {
      http.reset();
      http.otherwise(answer);
      Object.assign(state, fresh());
    },
    /** Tokens that are out are good no more. */
    revokeTokens: () => state.tokens.clear(),
    /** The buyer opens the page of a ticket and chooses a password. */
    choosePassword(ticketUrl: string, password: string) {
      const ticket = state.tickets.find(({ url }) => url === ticketUrl);
      const user = state.users.find(({ user_id: id }) => id === ticket?.userId);
      if (!ticket || !user) throw new Error('There is no such ticket.');
      user.password = password;
      if (ticket.request.mark_email_as_verified) user.email_verified = true;
    },
  };
}

const neededScopes: Record<string, string> = {
  'GET /api/v2/users-by-email': 'read:users',
  'POST /api/v2/users': 'create:users',
  'POST /api/v2/tickets/password-change': 'create:user_tickets',
};

/** No call gives a password back. */
const shown = (user: StandInUser) => ({ ...user, password: undefined });
