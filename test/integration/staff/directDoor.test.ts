import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDirectClient } from '../../../src/cli/admin/directClient.ts';
import { openDirectAdmin } from '../../../src/main/directAdmin.ts';
import { buildConfig } from '../../builders/config.ts';
import { urlAs } from '../../setup/database.ts';
import { staffAudience, startStaffStack, type StaffStack } from '../../builders/staffStack.ts';

let stack: StaffStack;
beforeAll(async () => {
  stack = await startStaffStack();
});
afterAll(() => stack.stop());

/** The door as `--direct` opens it: from the service's configuration and a token, without any server. */
async function open(accessToken: string) {
  const config = buildConfig();
  const staff = { ...config.staff!, issuer: stack.issuer, audience: staffAudience };
  const operationsUrl = urlAs(stack.pools.database, 'fulfillment_operations');
  const door = await openDirectAdmin({
    config: { ...config, database: { ...config.database, operationsUrl }, staff },
    accessToken: async () => accessToken,
    timeoutMs: 10_000,
  });
  return { client: createDirectClient(door), close: door.close };
}

describe('the door past the API', () => {
  it('knows whoever the token names, with their roles, and writes down that they came by the command line', async () => {
    const { client, close } = await open(await stack.token('admin@staff.example'));
    try {
      expect(await client.me()).toMatchObject({ channel: 'cli', roles: ['ops_admin'] });
      const paused = await client.call(
        'provider:pause',
        { provider: 'storage', minutes: 5 },
        { requestId: 'by-night', reason: 'the API is down' },
      );
      expect(paused).toMatchObject({ repeated: false, output: { provider: 'storage' } });
      const { rows } = await stack.audit.list({ requestId: 'by-night' }, { limit: 10 });
      expect(rows).toMatchObject([
        { seq: paused.auditSeq, channel: 'cli', action: 'provider:pause', roles: ['ops_admin'] },
      ]);
      const again = await client.call(
        'provider:pause',
        { provider: 'storage', minutes: 5 },
        { requestId: 'by-night', reason: 'the API is down' },
      );
      expect(again).toMatchObject({ repeated: true, output: paused.output });
    } finally {
      await close();
    }
  });

  it.each([
    ['somebody without the role', 'viewer@staff.example', {}, { kind: 'not_allowed' }],
    ['a token that is none', undefined, {}, { code: 'not_signed_in', exitCode: 4 }],
    [
      'a token for the buyers’ side',
      'admin@staff.example',
      { audience: 'https://api.books.example' },
      { code: 'not_signed_in' },
    ],
    [
      'a sign-in with one factor',
      'admin@staff.example',
      { claims: { 'https://fulfillment/amr': ['pwd'] } },
      { code: 'second_factor_missing' },
    ],
  ])('is shut to %s', async (_who, email, order, problem) => {
    const { client, close } = await open(email === undefined ? 'nothing' : await stack.token(email, order));
    const asked = client.call('mail:pause', { minutes: 5 }, { requestId: 'no', reason: 'no' });
    await expect(asked).rejects.toMatchObject(problem);
    await close();
  });

  it('writes down whom it turned away, and that they came by the command line', async () => {
    const { client, close } = await open(
      await stack.token('editor@staff.example', { claims: { 'https://fulfillment/amr': ['pwd'] } }),
    );
    await expect(client.me()).rejects.toMatchObject({ code: 'second_factor_missing' });
    await close();
    const { rows } = await stack.audit.list({ action: 'staff:enter' }, { limit: 1 });
    expect(rows).toMatchObject([
      {
        channel: 'cli',
        roles: ['ops_editor'],
        result: 'refused',
        details: { code: 'second_factor_missing' },
      },
    ]);
  });
});
