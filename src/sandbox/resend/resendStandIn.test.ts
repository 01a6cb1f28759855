import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultOf } from '../../../test/contract/faultOf.ts';
import { startFaultHttp } from '../../../test/vendors/faultHttp.ts';
import type { FaultHttp } from '../../../test/vendors/faultHttp.ts';
import { aWholeMail } from '../../../test/vendors/resendMail.ts';
import type { DeliveryReading } from '../../ports/deliveryEvidence.ts';
import { createResendMailer } from '../../providers/resend/adapter.ts';
import { createResendReportReader } from '../../providers/resend/reports.ts';
import { startResendStandIn } from './resendStandIn.ts';
import type { ResendStandIn } from './resendStandIn.ts';

const never = new AbortController().signal;
const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const hash = '0123456789abcdef0123456789abcdef01234567';
const reader = createResendReportReader({ secrets: [secret], messageIdDomain: 'shop.example' });

let hooks: FaultHttp;
let resend: ResendStandIn;
let inbox: Array<{ mailFrom: string; recipients: string[]; raw: Buffer }>;
let inboxIsFull: boolean;

beforeEach(async () => {
  hooks = await startFaultHttp();
  hooks.otherwise(() => ({ mode: 'answer' }));
  inbox = [];
  inboxIsFull = false;
  resend = await startResendStandIn({
    port: 0,
    apiKey: 're_sandbox',
    deliver: async (mail) => {
      if (inboxIsFull) throw new Error('full');
      inbox.push(mail);
    },
    webhook: { url: `${hooks.url}/hooks`, secret },
    deliveryMs: 20,
  });
});
afterEach(async () => {
  await resend.stop();
  await hooks.stop();
});

const mailer = (apiKey = 're_sandbox') =>
  createResendMailer({ apiKey, baseUrl: resend.url, timeoutMs: 2_000 });

const mailTo = (to: string) => aWholeMail({ to });

/** What the product makes of the webhooks that have come. */
const told = (): DeliveryReading[] =>
  hooks.requests.map(({ headers, body }) =>
    reader.read({ headers, body: Buffer.from(body), receivedAt: new Date() }),
  );

describe('the sandbox’s Resend', () => {
  it('puts a mail into the inbox under a Message-ID of its own, and tells that it arrived', async () => {
    const { reference } = await mailer().send(await mailTo('jan@example.pl'), never);
    const [mail] = inbox;
    expect(mail).toMatchObject({ mailFrom: 'receipts@shop.example', recipients: ['jan@example.pl'] });
    expect(mail?.raw.toString()).toMatch(/^Message-ID:\s+<0102\w+-000000@eu-west-1\.amazonses\.com>\r\n/m);
    expect(mail?.raw.toString()).toContain('filename=receipt.pdf');
    await expect.poll(() => told().length, { interval: 5 }).toBe(2);
    const about = { reference, messageId: `<${hash}@shop.example>` };
    expect(told()).toMatchObject([
      { evidence: [{ ...about, kind: 'accepted' }] },
      { evidence: [{ ...about, kind: 'delivered' }] },
    ]);
  });

  it('sends back what goes to the mailbox called bounce', async () => {
    await mailer().send(await mailTo('bounce@example.pl'), never);
    expect(inbox).toHaveLength(0);
    await expect.poll(() => told().length, { interval: 5 }).toBe(2);
    const bounce = { permanence: 'hard', cause: 'address', status: '5.1.1' };
    expect(told()[1]).toMatchObject({ evidence: [{ kind: 'bounced', bounce }] });
  });

  it('delivers a repeat once, also when the answer was lost', async () => {
    resend.setFault({ mode: 'lose_answer', remaining: 1 });
    const mail = await mailTo('jan@example.pl');
    expect(await faultOf(mailer().send(mail, never))).toMatchObject({ kind: 'unknown_effect' });
    await mailer().send(mail, never);
    expect(inbox).toHaveLength(1);
    const other = { ...mail, to: 'ela@example.pl' };
    expect(await faultOf(mailer().send(other, never))).toMatchObject({ reason: 'resend_key_reused' });
  });

  it('is down when told, and takes nothing meanwhile', async () => {
    const answer = await fetch(`${resend.url}/sandbox/faults`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ mode: 'down', remaining: 2 }),
    });
    expect(await answer.json()).toEqual({ mode: 'down', remaining: 2 });
    const mail = await mailTo('jan@example.pl');
    expect(await faultOf(mailer().send(mail, never))).toMatchObject({ reason: 'resend_unavailable' });
    expect(await faultOf(mailer().verify(never))).toMatchObject({ reason: 'resend_unavailable' });
    expect(inbox).toHaveLength(0);
    await mailer().send(mail, never);
    expect(inbox).toHaveLength(1);
  });

  it('has not taken what the inbox did not keep', async () => {
    inboxIsFull = true;
    const mail = await mailTo('jan@example.pl');
    expect(await faultOf(mailer().send(mail, never))).toMatchObject({ kind: 'unknown_effect' });
    inboxIsFull = false;
    await mailer().send(mail, never);
    expect(inbox).toHaveLength(1);
  });

  it('knows one key', async () => {
    await mailer().verify(never);
    expect(await faultOf(mailer('re_other').verify(never))).toMatchObject({ reason: 'resend_credentials' });
  });
});
