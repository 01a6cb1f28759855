import { afterEach, describe, expect, it } from 'vitest';
import { type HttpBehaviour, startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import {
  type ListmonkMood,
  listmonkUser,
  type ListmonkVendor,
  type ListmonkVendorOptions,
  startListmonkVendor,
} from '../../../test/vendors/listmonk.ts';
import { listmonkMail, startListmonk } from '../../../test/vendors/listmonkStack.ts';
import { createListmonkMailer } from './adapter.ts';

const never = new AbortController().signal;
let vendor: ListmonkVendor;
afterEach(() => vendor.stop());

async function start(...given: Parameters<typeof startListmonk>) {
  const started = await startListmonk(...given);
  vendor = started.vendor;
  return started.mailer;
}

describe('trouble with Listmonk', () => {
  it.each<[ListmonkMood, object, number]>([
    ['queue_full', { kind: 'transient', reason: 'listmonk_queue_full' }, 0],
    ['fails_before', { kind: 'unknown_effect', reason: 'listmonk_unavailable' }, 0],
    ['fails_after', { kind: 'unknown_effect', reason: 'listmonk_unavailable' }, 1],
    ['cuts_before', { kind: 'unknown_effect', reason: 'listmonk_answer_lost' }, 0],
    ['cuts_after', { kind: 'unknown_effect', reason: 'listmonk_answer_lost' }, 1],
    ['answers_false', { kind: 'unknown_effect', reason: 'listmonk_answer_malformed' }, 1],
    ['answers_truncated', { kind: 'unknown_effect', reason: 'listmonk_answer_malformed' }, 1],
    ['redirects_to_login', { kind: 'needs_human', reason: 'listmonk_misconfigured' }, 0],
    ['shows_login', { kind: 'unknown_effect', reason: 'listmonk_answer_malformed' }, 0],
  ])('%s: %j, and never a second request', async (mood, fault, queued) => {
    const mailer = await start();
    vendor.mood(mood);
    await expect(mailer.send(await listmonkMail(), never)).rejects.toMatchObject({
      ...fault,
      provider: 'listmonk',
    });
    expect(vendor.queued).toHaveLength(queued);
    expect(vendor.requests).toHaveLength(1);
  });

  it('is unknown when no answer comes in time', async () => {
    const mailer = await start({}, { timeoutMs: 50 });
    vendor.mood('hangs_after');
    await expect(mailer.send(await listmonkMail(), never)).rejects.toMatchObject({
      reason: 'listmonk_answer_lost',
    });
  });

  it('is told the same in debug mode', async () => {
    const mailer = await start({ debug: true });
    vendor.mood('queue_full');
    await expect(mailer.send(await listmonkMail(), never)).rejects.toMatchObject({
      reason: 'listmonk_queue_full',
    });
  });

  it.each<[string, ListmonkVendorOptions, object]>([
    ['a blocked domain', { blockedDomains: new Set(['example.pl']) }, { reason: 'mailbox_refused' }],
    [
      'a blocked domain, told in Polish',
      { blockedDomains: new Set(['example.pl']), language: 'pl' },
      { kind: 'permanent', reason: 'mailbox_refused' },
    ],
    ['no template', { templates: [], language: 'pl' }, { reason: 'listmonk_misconfigured' }],
    [
      'a template that wants other data',
      { templates: [{ id: 7, type: 'tx', subject: '', body: '{{ Safe .Tx.Data.body }}' }] },
      { reason: 'listmonk_misconfigured' },
    ],
    ['a wrong token', { users: {} }, { reason: 'listmonk_credentials' }],
    [
      'a user who may not send',
      { users: { [listmonkUser.user]: { token: listmonkUser.token, permissions: [] } } },
      { reason: 'listmonk_credentials', message: expect.stringContaining('tx:send') },
    ],
  ])('%s', async (_, behind, fault) => {
    const mailer = await start(behind);
    await expect(mailer.send(await listmonkMail(), never)).rejects.toMatchObject(fault);
    expect(vendor.queued).toHaveLength(0);
  });

  it.each<[HttpBehaviour, object]>([
    [{ mode: 'reset' }, { kind: 'unknown_effect', reason: 'listmonk_answer_lost' }],
    [{ mode: 'garbage' }, { kind: 'unknown_effect', reason: 'listmonk_answer_lost' }],
    [{ mode: 'stall' }, { kind: 'unknown_effect', reason: 'listmonk_answer_lost' }],
    [{ mode: 'huge', sizeBytes: 5 * 1024 * 1024 }, { kind: 'unknown_effect' }],
    [
      { mode: 'answer', json: {} },
      { kind: 'unknown_effect', reason: 'listmonk_answer_malformed' },
    ],
    [
      { mode: 'answer', text: '' },
      { kind: 'unknown_effect', reason: 'listmonk_answer_malformed' },
    ],
    [
      { mode: 'answer', status: 429, headers: { 'retry-after': '7' } },
      { kind: 'rate_limited', retryAfterMs: 7_000 },
    ],
    [
      { mode: 'redirect', to: 'http://169.254.169.254/' },
      { kind: 'needs_human', reason: 'listmonk_misconfigured' },
    ],
  ])('is named when the server does %j', async (behaviour, fault) => {
    vendor = await startListmonkVendor();
    const server = await startFaultHttp();
    server.otherwise(() => behaviour);
    const mailer = createListmonkMailer({
      ...listmonkUser,
      baseUrl: server.url,
      templateId: 7,
      timeoutMs: 150,
    });
    await expect(mailer.send(await listmonkMail(), never)).rejects.toMatchObject(fault);
    expect(server.requests).toHaveLength(1);
    await server.stop();
    await expect(mailer.send(await listmonkMail(), never)).rejects.toMatchObject({
      kind: 'transient',
      reason: 'listmonk_unreachable',
    });
  });

  it('is an address that Go does not take for one', async () => {
    const mailer = await start();
    const mail = { ...(await listmonkMail()), to: 'jan..kowalski@example.pl' };
    await expect(mailer.send(mail, never)).rejects.toMatchObject({ reason: 'mailbox_refused' });
  });
});
