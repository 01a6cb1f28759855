import type { FastifyInstance } from 'fastify';
import type Provider from 'oidc-provider';
import { html, pageHeaders, renderPage } from '../htmlTemplate.ts';
import type { IdentityStore } from './identityStore.ts';

type SignInForm = { email: string; verified?: string };

const formSchema = {
  type: 'object',
  required: ['email'],
  properties: {
    email: { type: 'string', pattern: String.raw`^\s*[^@\s]+@[^@\s]+\s*$` },
    verified: { type: 'string' },
  },
};

/** The page where anybody signs in with any address: no password, and a box that says whether the address is verified. */
export function addSignInPages(app: FastifyInstance, store: IdentityStore, provider: () => Provider): void {
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
    return reply.send(signInPage(String(clientId), typeof loginHint === 'string' ? loginHint : ''));
  });

  app.post<{ Body: SignInForm }>(
    '/interaction/:uid',
    { schema: { body: formSchema } },
    async (request, reply) => {
      const account = await store.saveAccount(request.body.email, request.body.verified !== undefined);
      const result = { login: { accountId: account.subject } };
      const next = await provider()
        .interactionResult(request.raw, reply.raw, result, { mergeWithLastSubmission: false })
        .catch(() => null);
      if (!next) return reply.code(400).headers(pageHeaders).send(signInExpired());
      return reply.redirect(next, 303);
    },
  );
}

function signInPage(clientId: string, loginHint: string): string {
  return renderPage({
    title: 'Sign in',
    body: html`<main>
      <h1>Sign in</h1>
      <p>
        ${clientId} asks who you are. This page stands in for Auth0: any address may sign in, and nobody asks
        for a password.
      </p>
      <form method="post">
        <label for="email">E-mail address</label>
        <input type="email" id="email" name="email" value="${loginHint}" autocomplete="email" required />
        <label><input type="checkbox" name="verified" value="yes" checked /> Address verified</label>
        <button>Sign in</button>
      </form>
    </main>`,
  });
}

function signInExpired(): string {
  return renderPage({
    title: 'Sign-in expired',
    body: html`<main>
      <h1>Sign-in expired</h1>
      <p>Go back to the page you came from and sign in again.</p>
    </main>`,
  });
}
