import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startShelfStack, type ShelfStack } from '../builders/shelfStack.ts';

let stack: ShelfStack;
beforeAll(async () => {
  stack = await startShelfStack();
});
afterAll(() => stack.stop());

const open = (method: 'GET' | 'POST', token: string, language = 'en') =>
  stack.server.inject({
    method,
    url: `/reminders/${token}`,
    headers: {
      'accept-language': language,
      ...(method === 'POST' && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(method === 'POST' && { payload: '' }),
  });

const stoppedAt = async (profileId: string) =>
  (
    await stack.admin.query<{ at: Date | null }>(
      'select reminders_stopped_at as at from fulfillment.profiles where id = $1',
      [profileId],
    )
  ).rows[0]?.at;

describe('the link that ends reminders', () => {
  it('asks when it is opened, and stops them when its button is pressed', async () => {
    const { profileId } = await stack.givenEbook({ state: 'pending_claim' });
    const token = stack.tokens.write('claim-reminders', profileId);
    const asked = await open('GET', token);
    expect(asked.statusCode).toBe(200);
    expect(asked.body).toContain('<form method="post"');
    expect(asked.headers['content-security-policy']).toContain("form-action 'self'");
    expect(await stoppedAt(profileId)).toBeNull();
    const pressed = await open('POST', token, 'pl');
    expect(pressed.body).toContain('Nie będziemy już przypominać');
    const at = await stoppedAt(profileId);
    expect(at).toBeInstanceOf(Date);
    expect((await open('POST', token)).statusCode).toBe(200);
    expect(await stoppedAt(profileId)).toEqual(at);
  });

  it.each([
    ['guessed', () => 'a'.repeat(44)],
    ['mangled', () => '%00<script>'],
    ['of a link of another kind', () => stack.tokens.write('download-link', randomUUID())],
  ])('opens nothing when it is %s', async (_what, tokenOf) => {
    for (const method of ['GET', 'POST'] as const) {
      const answer = await open(method, tokenOf());
      expect(answer.statusCode).toBe(404);
      expect(answer.body).not.toContain('<form');
    }
  });

  it('of a profile that there is not opens nothing', async () => {
    const token = stack.tokens.write('claim-reminders', randomUUID());
    expect((await open('POST', token)).statusCode).toBe(404);
  });
});
