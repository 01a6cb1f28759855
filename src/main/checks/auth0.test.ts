import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { startAuth0Management } from '../../../test/vendors/auth0Management.ts';
import type { Config } from '../config.ts';
import { auth0Check } from './auth0.ts';

let auth0: Awaited<ReturnType<typeof startAuth0Management>>;
beforeAll(async () => {
  auth0 = await startAuth0Management();
});
beforeEach(() => auth0.reset());
afterAll(() => auth0.stop());

const look = (changes: Partial<Config> = {}) =>
  auth0Check.run({
    config: {
      ...buildConfig(),
      claimUrl: 'https://books.example/claim',
      auth0: {
        baseUrl: auth0.url,
        clientId: auth0.client.id,
        clientSecret: auth0.client.secret,
        connection: auth0.connection,
        applicationId: undefined,
      },
      ...changes,
    },
    migratorUrl: null,
    signal: new AbortController().signal,
  });

it('is content with a token that has every scope, and opens no account', async () => {
  expect(await look()).toMatchObject([{ state: 'ok' }]);
  expect(auth0.requests.map(({ path }) => path)).toEqual(['/oauth/token']);
});

it('names the scope that is missing', async () => {
  auth0.state.scope = 'read:users create:users';
  expect(await look()).toMatchObject([
    { state: 'warning', detail: 'the application lacks create:user_tickets' },
  ]);
});

it('says where to look when the secret is wrong, without the secret', async () => {
  auth0.state.secret = 'exchanged';
  const [finding] = await look();
  expect(finding).toMatchObject({
    state: 'warning',
    detail: expect.stringContaining('AUTH0_MANAGEMENT_CLIENT_ID'),
  });
  expect(JSON.stringify(finding)).not.toContain(auth0.client.secret);
});

it('says that nobody is invited where nobody is reminded', async () => {
  expect(await look({ claimUrl: null })).toMatchObject([
    { state: 'ok' },
    { state: 'warning', remedy: 'Set CLAIM_URL.' },
  ]);
});

it('has nothing to look at without configuration', async () => {
  expect(await look({ auth0: null })).toMatchObject([{ state: 'note' }]);
});
