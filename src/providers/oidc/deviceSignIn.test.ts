import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp, HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import { createOidcDeviceSignIn } from './deviceSignIn.ts';

let server: FaultHttp;
let behave: HttpBehaviour;
beforeAll(async () => {
  server = await startFaultHttp();
});
beforeEach(() => {
  server.reset();
  server.otherwise(({ path }) =>
    path === '/.well-known/openid-configuration'
      ? {
          mode: 'answer',
          json: {
            issuer: server.url,
            jwks_uri: `${server.url}/keys`,
            token_endpoint: `${server.url}/token`,
            device_authorization_endpoint: `${server.url}/device`,
          },
        }
      : behave,
  );
});
afterAll(() => server.stop());

const device = () =>
  createOidcDeviceSignIn({
    issuer: server.url,
    clientId: 'cli',
    audience: 'https://admin.shop.example',
    timeoutMs: 2_000,
    allowHttp: true,
  });
const code = {
  device_code: 'd1',
  user_code: 'ABCD-EFGH',
  verification_uri: 'https://issuer.example/activate',
  expires_in: 900,
};
const says = (json: object, status = 200): HttpBehaviour => ({ mode: 'answer', status, json });

describe('beginning', () => {
  it('asks for a code for the staff’s audience, and is patient when not told how long', async () => {
    behave = says(code);
    expect(await device().start()).toEqual({
      deviceCode: 'd1',
      userCode: 'ABCD-EFGH',
      verificationUrl: 'https://issuer.example/activate',
      completeUrl: null,
      expiresInSeconds: 900,
      intervalSeconds: 5,
    });
    const { body = '' } = server.requests.at(-1) ?? {};
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      client_id: 'cli',
      audience: 'https://admin.shop.example',
      scope: 'openid profile email offline_access',
    });
  });

  it.each<[string, object]>([
    ['a page that is a script', { verification_uri: 'javascript:alert(1)' }],
    ['a page that is not encrypted', { verification_uri: 'http://issuer.example/' }],
    ['a page that commands the terminal', { verification_uri: 'https://issuer.example/\u001b[2J' }],
    ['a code that commands the terminal', { user_code: '\u001b]0;x\u0007' }],
    ['no end', { expires_in: undefined }],
    ['no time between two questions', { interval: 0 }],
  ])('refuses %s', async (_title, changes) => {
    behave = says({ ...code, ...changes });
    await expect(device().start()).rejects.toMatchObject({
      name: 'Fault',
      reason: 'identity_answer_unusable',
    });
  });

  it('fails where the client may not', async () => {
    behave = says({ error: 'unauthorized_client' }, 403);
    await expect(device().start()).rejects.toMatchObject({ reason: 'identity_answer_unusable' });
  });
});

describe('asking whether somebody has confirmed', () => {
  it.each([
    ['authorization_pending', 'pending'],
    ['slow_down', 'slow_down'],
    ['access_denied', 'denied'],
    ['expired_token', 'expired'],
    ['invalid_grant', 'expired'],
  ])('reads %s as %s', async (error, kind) => {
    behave = says({ error }, 400);
    expect(await device().poll('d1')).toEqual({ kind });
  });

  it('gets the tokens', async () => {
    behave = says({ access_token: 'a', token_type: 'bearer', refresh_token: 'r', expires_in: 60 });
    expect(await device().poll('d1')).toEqual({
      kind: 'issued',
      tokens: { accessToken: 'a', refreshToken: 'r', expiresInSeconds: 60 },
    });
  });

  it('fails for what it does not know, and does not quote it', async () => {
    behave = says({ error: 'invalid_client', error_description: 'secret words' }, 401);
    const failure = await device()
      .poll('d1')
      .catch((error: unknown) => String(error));
    expect(failure).not.toContain('secret words');
    expect(failure).toContain('cannot be used');
  });
});

describe('renewing', () => {
  it('keeps the refresh token when there is no new one', async () => {
    behave = says({ access_token: 'a2', token_type: 'Bearer' });
    expect(await device().refresh('r1')).toEqual({
      accessToken: 'a2',
      refreshToken: 'r1',
      expiresInSeconds: null,
    });
  });

  it('ends when the refresh token is not good any more', async () => {
    behave = says({ error: 'invalid_grant' }, 400);
    expect(await device().refresh('r1')).toBeNull();
  });
});
