import { afterEach, describe, expect, it } from 'vitest';
import {
  type ListmonkMood,
  listmonkUser,
  type ListmonkVendor,
  type ListmonkVendorOptions,
} from '../../../test/vendors/listmonk.ts';
import { startListmonk } from '../../../test/vendors/listmonkStack.ts';
import { listmonkTemplateBody } from './template.ts';

const never = new AbortController().signal;
let vendor: ListmonkVendor;
afterEach(() => vendor.stop());

async function start(...given: Parameters<typeof startListmonk>) {
  const started = await startListmonk(...given);
  vendor = started.vendor;
  return started.mailer;
}

describe('the check of a Listmonk', () => {
  it('finds it well, and sends nothing', async () => {
    const mailer = await start({ messengers: ['email', 'email-receipts'] }, { messenger: 'email-receipts' });
    await mailer.verify(never);
    expect(vendor.queued).toHaveLength(0);
  });

  it.each<[string, ListmonkVendorOptions, RegExp]>([
    ['an old version', { version: 'v5.1.0' }, /too old/],
    ['no template', { templates: [] }, /has no template 7/],
    [
      'a template of campaigns',
      { templates: [{ id: 7, type: 'campaign', subject: '', body: listmonkTemplateBody }] },
      /template 7 is a template of campaigns/,
    ],
    [
      'a template that escapes',
      { templates: [{ id: 7, type: 'tx', subject: '', body: '{{ .Tx.Data.html }}' }] },
      /template 7 prints the mail without “Safe”/,
    ],
    ['a messenger that is not there', { messengers: ['email'] }, /no messenger “email-receipts”/],
    [
      'a user who may not look at templates',
      { users: { [listmonkUser.user]: { token: listmonkUser.token, permissions: ['tx:send'] } } },
      /lacks the permission templates:get/,
    ],
    [
      'a user who may not send',
      { users: { [listmonkUser.user]: { token: listmonkUser.token, permissions: ['templates:get'] } } },
      /lacks the permission tx:send/,
    ],
    ['a wrong token', { users: {} }, /refuses our API user/],
  ])('names what is wrong: %s', async (_, behind, message) => {
    const mailer = await start(
      { messengers: ['email', 'email-receipts'], ...behind },
      { messenger: 'email-receipts' },
    );
    await expect(mailer.verify(never)).rejects.toMatchObject({
      kind: 'needs_human',
      message: expect.stringMatching(message),
    });
    expect(vendor.queued).toHaveLength(0);
  });

  it.each<ListmonkMood>(['redirects_to_login', 'shows_login'])(
    'is not taken in by a login page: %s',
    async (mood) => {
      const mailer = await start();
      vendor.mood(mood);
      await expect(mailer.verify(never)).rejects.toMatchObject({ reason: 'listmonk_misconfigured' });
    },
  );
});
