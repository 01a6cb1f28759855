import type { FastifyInstance } from 'fastify';
import type Provider from 'oidc-provider';
import { html, pageHeaders, renderPage } from '../htmlTemplate.ts';
import { gate } from './gate.ts';
import type { IdentityStore } from './identityStore.ts';
import { oneFactor, staffUsers, twoFactors } from './staffUsers.ts';

type SignInForm = { email: string; verified?: string; one_factor?: string };

export type SignInPagesOptions = {
  store: IdentityStore;
  /** Whether a client is the staff's. */
  isForStaff: (clientId: string) => boolean;
  provider: () => Provider;
};

const formSchema = {
  type: 'object',
  required: ['email'],
  properties: {
    email: { type: 'string', pattern: String.raw`^\s*[^@\s]+@[^@\s]+\s*$` },
    verified: { type: 'string' },
    one_factor: { type: 'string' },
  },
};

/**
 * The page where anybody signs in with any address: no password, and a box that says whether the address is verified.
 * Staff choose among ready users.
 */
export function addSignInPages(
  app: FastifyInstance,
  { store, isForStaff, provider }: SignInPagesOptions,
): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    },
  );

  app.get('/interaction/:uid', async (request, reply) => {
    const details = await provider()
      .interactionDetails(request.raw, reply.raw)
      .catch(() => null);
    reply.headers(pageHeaders);
    if (!details) return reply.code(400).send(signInExpired());
    const { client_id: clientId, login_hint: loginHint } = details.params;
    const client = await provider().Client.find(String(clientId));
    const name = client?.clientName ?? String(clientId);
    if (isForStaff(String(clientId))) return reply.send(staffSignInPage(name));
    return reply.send(signInPage(name, typeof loginHint === 'string' ? loginHint : ''));
  });

  app.post<{ Body: SignInForm }>(
    '/interaction/:uid',
    { schema: { body: formSchema } },
    async (request, reply) => {
      const details = await provider()
        .interactionDetails(request.raw, reply.raw)
        .catch(() => null);
      if (!details) return reply.code(400).headers(pageHeaders).send(signInExpired());
      const { email, verified, one_factor: alone } = request.body;
      const forStaff = isForStaff(String(details.params['client_id']));
      const account = await store.saveAccount(email, forStaff || verified !== undefined);
      const amr = alone === undefined ? twoFactors : oneFactor;
      const result = { login: { accountId: account.subject, ...(forStaff ? { amr } : {}) } };
      const next = await provider()
        .interactionResult(request.raw, reply.raw, result, { mergeWithLastSubmission: false })
        .catch(() => null);
      if (!next) return reply.code(400).headers(pageHeaders).send(signInExpired());
      return reply.redirect(next, 303);
    },
  );
}

function signInPage(clientName: string, loginHint: string): string {
  return renderPage({
    title: 'Sign in',
    body: gate(html`
      <h1>Sign in</h1>
      <p>to go on to ${clientName}</p>
      <form method="post">
        <label for="email">E-mail address</label>
        <input type="email" id="email" name="email" value="${loginHint}" autocomplete="email" required />
        <label class="choice">
          <input type="checkbox" name="verified" value="yes" checked />
          <span
            >This address is verified<br /><span class="quiet"
              >as after opening the confirmation mail of an account</span
            ></span
          >
        </label>
        <button>Sign in</button>
      </form>
    `),
  });
}

function staffSignInPage(clientName: string): string {
  const users = staffUsers.map(
    ({ email, name, roles }) =>
      html`<button name="email" value="${email}">${name} (${roles.join(', ') || 'no role'})</button>`,
  );
  return renderPage({
    title: 'Sign in as staff',
    body: gate(html`
      <h1>Sign in as staff</h1>
      <p>to go on to ${clientName}</p>
      <form method="post">
        ${users}
        <label class="choice">
          <input type="checkbox" name="one_factor" value="yes" />
          <span>With a password alone<br /><span class="quiet">without a second factor</span></span>
        </label>
      </form>
    `),
  });
}

function signInExpired(): string {
  return renderPage({
    title: 'Sign-in expired',
    body: gate(html`
      <h1>Sign-in expired</h1>
      <p>Go back to the page you came from and sign in again.</p>
    `),
  });
}
