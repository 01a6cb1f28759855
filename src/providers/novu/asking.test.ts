import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import type { HttpBehaviour } from '../../../test/vendors/faultHttp.ts';
import type { NovuVendorOptions } from '../../../test/vendors/novu.ts';
import {
  aMail,
  createNovuTrials,
  hash,
  optionsFor,
  vendorClock,
} from '../../../test/vendors/novuUnderTest.ts';
import type { OutgoingMail } from '../../ports/mailer.ts';
import { createNovuMailer } from './adapter.ts';
import type { NovuMailerOptions } from './adapter.ts';

const never = new AbortController().signal;
const email = { type: 'email', active: true };
const trials = createNovuTrials();
let mail: OutgoingMail;

beforeAll(async () => {
  mail = await aMail();
});
afterEach(() => trials.stop());

describe('looking for a mail at Novu', () => {
  it('finds it once the queue has let it through, and not before', async () => {
    const time = vendorClock();
    const { mailer } = await trials.start({ queueLagMs: 10 * 60_000, now: time.now });
    await mailer.send(mail, never);
    expect(await mailer.find?.(mail.messageId, never)).toBeUndefined();
    time.pass(mailer.capabilities.lookupLagMs);
    expect(await mailer.find?.(mail.messageId, never)).toEqual({
      provider: 'novu',
      reference: hash,
      evidence: 'journal',
    });
    expect(await mailer.find?.(`<${hash.replace('0', 'f')}@shop.example>`, never)).toBeUndefined();
    expect(await mailer.find?.('none of ours', never)).toBeUndefined();
  });

  it.each<[string, object[], string | undefined]>([
    ['one that was sent', [{ status: 'sent' }], undefined],
    ['one whose e-mail step failed', [{ status: 'error', errorId: 'mail_unexpected_error' }], 'has failed'],
    [
      'one with an error beside its status',
      [{ status: 'sent', errorText: 'jan@example.pl refused' }],
      'has failed',
    ],
    ['one that had no way out', [{ status: 'warning' }], 'no way to send it'],
    ['one with a status that nobody knows', [{ status: 'snoozed' }], 'status that is not known'],
    ['one without a status', [{}], 'status that is not known'],
    ['a run that failed and one that went well', [{ status: 'error' }, { status: 'sent' }], undefined],
  ])('takes a message for a proof only if it was sent: %s', async (_what, listed, doubt) => {
    const json = { data: listed.map((message) => ({ transactionId: hash, ...message })) };
    const { mailer } = await trials.against({ mode: 'answer', status: 200, json });
    const asked = mailer.find?.(mail.messageId, never) ?? Promise.resolve(undefined);
    if (doubt === undefined) {
      expect(await asked).toMatchObject({ reference: hash, evidence: 'journal' });
      return;
    }
    const fault = await faultOf(asked);
    expect(fault).toMatchObject({ kind: 'needs_human', reason: 'mail_outcome_unknown', provider: 'novu' });
    expect(fault?.message).toContain(doubt);
    expect(fault?.message).not.toContain('jan@');
  });

  it('believes no list that was not filtered', async () => {
    const { mailer } = await trials.start({ filtersByTransaction: false });
    await mailer.send({ ...mail, messageId: '<another@shop.example>' }, never);
    expect(await faultOf(mailer.find?.(mail.messageId, never) ?? Promise.resolve())).toMatchObject({
      kind: 'needs_human',
      reason: 'novu_misconfigured',
    });
  });

  it.each<[string, HttpBehaviour, object]>([
    ['503', { mode: 'answer', status: 503 }, { kind: 'transient', reason: 'novu_unavailable' }],
    ['401', { mode: 'answer', status: 401 }, { kind: 'needs_human', reason: 'novu_credentials' }],
    ['a page', { mode: 'answer', text: '<html>' }, { kind: 'needs_human', reason: 'novu_misconfigured' }],
    ['no answer', { mode: 'reset' }, { kind: 'transient', reason: 'novu_connection_lost' }],
  ])('does not take %s for an answer', async (_what, behaviour, fault) => {
    const { mailer } = await trials.against(behaviour);
    expect(await faultOf(mailer.find?.(mail.messageId, never) ?? Promise.resolve())).toMatchObject(fault);
  });
});

describe('what may be relied on at Novu', () => {
  it('is its list and its news where webhooks are read, neither where they are not, and its answer never', () => {
    const of = (reportsDeliveries: boolean) =>
      createNovuMailer({ ...optionsFor('https://eu.api.novu.co'), reportsDeliveries });
    expect(of(true).capabilities).toMatchObject({
      lookup: 'message_id',
      acceptanceDurable: false,
      deliveryEvents: 'all',
    });
    expect(of(false).capabilities).toMatchObject({
      lookup: 'none',
      acceptanceDurable: false,
      deliveryEvents: 'none',
    });
    expect([of(true).find === undefined, of(false).find === undefined]).toEqual([false, true]);
  });
});

describe('checking the login at Novu', () => {
  it('asks for the workflow and sends nothing', async () => {
    const { vendor, mailer } = await trials.start();
    await mailer.verify(never);
    expect(vendor.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v2/workflows/mail',
    ]);
  });

  it.each<[string, Partial<NovuMailerOptions>, NovuVendorOptions, object]>([
    ['a revoked key', { apiKey: 'old' }, {}, { reason: 'novu_credentials' }],
    ['no workflow', { workflowId: 'other' }, {}, { reason: 'novu_misconfigured' }],
    [
      'an inactive workflow',
      {},
      { workflows: { mail: { active: false, steps: [email] } } },
      { reason: 'novu_misconfigured' },
    ],
    [
      'a workflow without an e-mail',
      {},
      { workflows: { mail: { active: true, steps: [{ type: 'in_app', active: true }] } } },
      { reason: 'novu_misconfigured' },
    ],
  ])('finds %s', async (_what, options, vendorOptions, fault) => {
    const { mailer } = await trials.start(vendorOptions, options);
    expect(await faultOf(mailer.verify(never))).toMatchObject({ kind: 'needs_human', ...fault });
  });

  it.each<[string, HttpBehaviour, object]>([
    ['a page', { mode: 'answer', text: '<html>' }, { kind: 'needs_human', reason: 'novu_misconfigured' }],
    ['a redirect', { mode: 'redirect', to: '/' }, { kind: 'needs_human', reason: 'novu_misconfigured' }],
    ['503', { mode: 'answer', status: 503 }, { kind: 'transient', reason: 'novu_unavailable' }],
  ])('tells what is wrong when it meets %s', async (_what, behaviour, fault) => {
    const { mailer } = await trials.against(behaviour);
    expect(await faultOf(mailer.verify(never))).toMatchObject(fault);
  });
});

describe('the options of the mailer', () => {
  it.each<Partial<NovuMailerOptions>>([
    { apiKey: '' },
    { apiKey: 'secret\nX: y' },
    { baseUrl: 'http://api.novu.example' },
    { baseUrl: 'https://user:secret@api.novu.example' },
    { baseUrl: 'nonsense' },
    { workflowId: '' },
    { workflowId: 'a b' },
    { subscriberKey: new Uint8Array(8) },
  ])('cannot be %j', (fields) => {
    const create = () => createNovuMailer({ ...optionsFor('https://api.novu.co'), ...fields });
    expect(create).toThrow(TypeError);
    expect(create).not.toThrow(/secret/);
  });
});
