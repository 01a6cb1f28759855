import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAccessToken, createSignIn } from '../../../src/cli/signIn/signIn.ts';
import { readSignInTerms } from '../../../src/cli/signIn/terms.ts';
import { createTokenFile, tokenFilePath } from '../../../src/cli/signIn/tokenFile.ts';
import { createDeviceSignIn } from '../../../src/main/wireStaff.ts';
import { approveDevice } from '../../builders/approveDevice.ts';
import { opsOrigin, staffAudience, startStaffStack, type StaffStack } from '../../builders/staffStack.ts';

let stack: StaffStack;
let directory: string;
beforeAll(async () => {
  stack = await startStaffStack();
  directory = await mkdtemp(path.join(tmpdir(), 'sign-in-'));
});
afterAll(async () => {
  await stack.stop();
  await rm(directory, { recursive: true });
});

/** The command line's side, whose clock can be moved. */
function openDesk(name: string) {
  let movedMs = 0;
  const file = createTokenFile(
    tokenFilePath({ xdgStateHome: path.join(directory, name), homeDirectory: '/' }),
  );
  const common = {
    apiUrl: opsOrigin,
    file,
    deviceSignIn: createDeviceSignIn,
    now: () => new Date(Date.now() + movedMs),
  };
  const terms = () =>
    readSignInTerms(opsOrigin, async ({ method, url }) => {
      const answer = await stack.server.inject({ method, url: new URL(url).pathname });
      const header = () => null;
      return { status: answer.statusCode, header, retryAfterMs: undefined, body: answer.body };
    });
  return {
    file,
    desk: createSignIn({ ...common, terms }),
    accessToken: createAccessToken(common),
    advance: (ms: number) => void (movedMs += ms),
  };
}

describe('signing in the command line', () => {
  it('asks the service where, waits for somebody with a browser, and keeps the tokens to itself', async () => {
    const { desk, file, accessToken } = openDesk('all-goes-well');
    const code = await desk.start();
    expect(code).toMatchObject({ verificationUrl: `${stack.issuer}activate`, intervalSeconds: 5 });
    expect(await desk.poll(code.deviceCode)).toEqual({ kind: 'pending' });
    await approveDevice(code.verificationUrl, code.userCode, 'admin@staff.example');
    const polled = await desk.poll(code.deviceCode);
    if (polled.kind !== 'issued') throw new Error(`It was ${polled.kind}.`);
    const kept = await desk.keep(polled.tokens);

    expect((await stat(kept.file)).mode & 0o777).toBe(0o600);
    expect((await stat(path.dirname(kept.file))).mode & 0o777).toBe(0o700);
    expect(await file.current()).toBe(opsOrigin);
    const token = await accessToken();
    expect(decodeJwt(token)).toMatchObject({ aud: staffAudience, client_id: 'ops-cli' });
    expect(await stack.askAs(token, '/v1/admin/me')).toMatchObject({
      status: 200,
      json: { name: 'Ada Admin', roles: ['ops_admin'] },
    });

    expect(await desk.poll(code.deviceCode)).toEqual({ kind: 'expired' });
    expect(await desk.forget()).toBe(true);
    expect(await desk.forget()).toBe(false);
    await expect(accessToken()).rejects.toMatchObject({ exitCode: 4, code: 'not_signed_in' });
    expect(await readFile(kept.file, 'utf8')).not.toContain(token);
  });

  it('renews the token before it ends, once for all who ask at that time', async () => {
    const { desk, file, accessToken, advance } = openDesk('renewed');
    const code = await desk.start();
    await approveDevice(code.completeUrl ?? '', code.userCode, 'viewer@staff.example');
    const polled = await desk.poll(code.deviceCode);
    if (polled.kind !== 'issued') throw new Error(`It was ${polled.kind}.`);
    await desk.keep(polled.tokens);
    const before = await file.read(opsOrigin);
    advance(Date.parse(before?.expiresAt ?? '') - Date.now() - 59_000);
    const tokens = await Promise.all([accessToken(), accessToken()]);
    const after = await file.read(opsOrigin);
    expect(tokens).toEqual([after?.accessToken, after?.accessToken]);
    expect(after?.accessToken).not.toBe(before?.accessToken);
    expect(after?.refreshToken).not.toBe(before?.refreshToken);
    expect(await stack.askAs(tokens[0], '/v1/admin/me')).toMatchObject({ status: 200 });
  });

  it('is told when it was refused in the browser', async () => {
    const { desk } = openDesk('refused');
    const code = await desk.start();
    await approveDevice(code.verificationUrl, code.userCode, 'admin@staff.example', { refuse: true });
    expect(await desk.poll(code.deviceCode)).toEqual({ kind: 'denied' });
  });

  it('gives a token that the API refuses when it was confirmed with one factor', async () => {
    const { desk } = openDesk('one-factor');
    const code = await desk.start();
    await approveDevice(code.verificationUrl, code.userCode, 'admin@staff.example', { oneFactor: true });
    const polled = await desk.poll(code.deviceCode);
    if (polled.kind !== 'issued') throw new Error(`It was ${polled.kind}.`);
    expect(await stack.askAs(polled.tokens.accessToken, '/v1/admin/me')).toMatchObject({
      status: 403,
      json: { code: 'second_factor_missing' },
    });
  });
});
