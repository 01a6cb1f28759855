import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEvidenceActing } from '../../../src/mail/evidenceActing.ts';
import { resendReceiptPlan, sendLinksPlan } from '../../../src/steps/askedMails.ts';
import { createAlertBook } from '../../../src/store/alerts/alertBook.ts';
import { createEvidenceDesk } from '../../../src/store/mail/evidenceDesk.ts';
import { heard, type MailedOrder, type MailedOrders, openMailedOrders } from '../../builders/mailedOrders.ts';
import { createRecordingTelemetry } from '../../fakes/recordingTelemetry.ts';

let mails: MailedOrders;
beforeAll(async () => {
  mails = await openMailedOrders();
});
beforeEach(() =>
  mails.rows(
    `with acted as (update fulfillment.email_evidence set acted_at = clock_timestamp(), failures = 0)
     delete from fulfillment.alerts`,
  ),
);
afterAll(() => mails.stop());

const policy = { bounce: { permanence: 'hard', cause: 'policy', status: '5.7.1' } } as const;

function acting(
  providers: string[] = ['smtp', 'resend'],
  isBroken: (scope: string) => boolean = () => false,
) {
  const telemetry = createRecordingTelemetry();
  const book = createAlertBook(mails.worker);
  let woken = 0;
  const { act, review } = createEvidenceActing({
    desk: createEvidenceDesk({ pool: mails.worker, linkPlans: ['resend_receipt', 'send_links'] }),
    alerts: {
      async keep(rule, scopes, holding) {
        if (holding.some(({ scope }) => isBroken(scope))) throw new TypeError('no words for it');
        return book.keep(rule, scopes, holding);
      },
    },
    telemetry,
    again: [
      { kind: 'receipt', plan: resendReceiptPlan },
      { kind: 'new_links', plan: sendLinksPlan },
    ],
    providers,
    reports: [],
    sources: [],
    slaSeconds: 300,
    unprovenAfterMs: 30 * 60_000,
    onWork: () => void (woken += 1),
  });
  return { act: () => act(new AbortController().signal), review, telemetry, woken: () => woken };
}

const bounce = (mail: MailedOrder, fields: Parameters<typeof heard>[1] = {}) =>
  mails.note(heard('bounced', { messageId: mail.messageId, provider: null, ...fields }));

describe('a mail that came back for good', () => {
  it('has support told of what may be meant, with no part of the address, and how it is mended', async () => {
    const mail = await mails.mailed({ to: 'wanda.nowicka@gmial.com' });
    await bounce(mail);
    const { act, telemetry } = acting();
    await act();
    await act();
    const [alert, ...rest] = await mails.alerts('mail_bounced');
    expect(rest).toEqual([]);
    expect(alert).toMatchObject({
      scope: mail.orderId,
      severity: 'ticket',
      state: 'open',
      jobId: mail.jobId,
      summary:
        `The receipt mail of order ${mail.orderId} came back: there is no such mailbox (5.1.1). ` +
        `The address looks mistyped: gmail.com may be meant behind the @. ` +
        `Mend: fulfillment orders set-recipient ${mail.orderId} --email <address> --reason "<why>"`,
      data: { audience: ['support'], cause: 'address', status: '5.1.1', suggestedDomain: 'gmail.com' },
    });
    expect(JSON.stringify([alert, telemetry.events])).not.toMatch(/wanda|nowicka|gmial/);
    expect(telemetry.of('alert.changed').map(({ rule }) => rule)).toEqual([
      'mail_bounced',
      'receipt_mail_failing',
    ]);
    // No other provider finds the mailbox.
    expect(await mails.jobsOf(mail.paymentId)).toEqual([]);
  });

  it('is a receipt, so lifecycle is told as well; one that is no receipt is for support alone', async () => {
    const [receipt, links] = [await mails.mailed(), await mails.mailed({ kind: 'new_links' })];
    await bounce(receipt);
    await bounce(links);
    await acting().act();
    expect(await mails.alerts('receipt_mail_failing')).toMatchObject([
      { scope: receipt.orderId, data: { audience: ['lifecycle', 'support'] } },
    ]);
    expect((await mails.alerts('mail_bounced')).map(({ scope }) => scope)).toEqual([
      receipt.orderId,
      links.orderId,
    ]);
  });

  it.each(['receipt', 'files_ready', 'granted', 'new_links', 'refund', 'access_ended'])(
    'after retries is told of as well, and not as a wrong address: %s',
    async (kind) => {
      const mail = await mails.mailed({ kind, to: 'wanda.nowicka@gmial.com' });
      await bounce(mail, { bounce: { permanence: 'hard', cause: 'unknown', status: '4.4.7' } });
      await acting().act();
      const [alert] = await mails.alerts('mail_bounced');
      expect(alert?.summary).toMatch(
        / came back: the sending server gave up after retrying \(4\.4\.7\)\. Mend: /,
      );
      expect(alert?.summary).not.toMatch(/no such mailbox|mistyped/);
      expect(await mails.alerts('receipt_mail_failing')).toHaveLength(kind === 'receipt' ? 1 : 0);
      expect((await mails.mailOf(mail.mailId)).delivery).toBe('bounced');
    },
  );

  it('is news to nobody when the address was corrected since, or it went to the address that was wrong', async () => {
    const [corrected, old] = [await mails.mailed(), await mails.mailed({ kind: 'address_changed' })];
    await mails.rows(
      `insert into fulfillment.buyer_corrections (payment_id, email) values ($1, 'anna@right.example')`,
      [corrected.paymentId],
    );
    await bounce(corrected, policy);
    await bounce(old);
    await acting().act();
    expect(await mails.alerts()).toEqual([]);
    expect(await mails.jobsOf(corrected.paymentId)).toEqual([]);
  });

  it('needs nobody any more once a later one has arrived', async () => {
    const mail = await mails.mailed();
    await bounce(mail);
    const { act, review } = acting();
    await act();
    await review();
    const later = await mails.mailed({ of: mail });
    await review();
    expect((await mails.alerts()).map(({ state }) => state)).toEqual(['open', 'open']);
    await mails.note(heard('delivered', { messageId: later.messageId }));
    await review();
    expect((await mails.alerts()).map(({ state }) => state)).toEqual(['resolved', 'resolved']);
  });
});

describe('a mail that is put off', () => {
  const soft = { bounce: { permanence: 'soft', cause: 'mailbox_full', status: '4.2.2' } } as const;
  const hoursPass = (hours: number) =>
    mails.rows(`update fulfillment.email_evidence set received_at = received_at - $1 * interval '1 hour'`, [
      hours,
    ]);

  it.each<['bounced' | 'delayed', object]>([
    ['delayed', {}],
    ['bounced', soft],
  ])('is shown and nobody is told, until it has been for hours (%s)', async (kind, fields) => {
    const mail = await mails.mailed({ kind: 'refund' });
    await mails.note(heard(kind, { messageId: mail.messageId, ...fields }));
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delayed');
    const { act, review } = acting();
    await act();
    await review();
    await hoursPass(3);
    await review();
    expect(await mails.alerts()).toEqual([]);
    await hoursPass(2);
    await mails.note(heard('delayed', { messageId: mail.messageId }));
    await review();
    expect(await mails.alerts()).toMatchObject([
      { rule: 'mail_delayed', scope: mail.orderId, state: 'open', jobId: mail.jobId },
    ]);
    await mails.note(heard('delivered', { messageId: mail.messageId }));
    await review();
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delivered');
    expect(await mails.alerts()).toMatchObject([{ rule: 'mail_delayed', state: 'resolved' }]);
  });

  it('takes no delivery back, and does not count against its provider at the domain', async () => {
    const mail = await mails.mailed({ to: 'anna@grey.example' });
    await mails.note(
      heard('delivered', { messageId: mail.messageId }),
      heard('bounced', {
        messageId: mail.messageId,
        bounce: { permanence: 'soft', cause: 'policy', status: '4.7.1' },
      }),
    );
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delivered');
    expect(
      await mails.rows(`select 1 from fulfillment.mail_domain_standings where domain = 'grey.example'`),
    ).toEqual([]);
  });
});

describe('a mail that came back and cannot be acted on', () => {
  it('keeps no other, comes later each time, and people are told after a while', async () => {
    const [poison, sound] = [await mails.mailed(), await mails.mailed()];
    await bounce(poison);
    await bounce(sound);
    let broken = true;
    const { act, review, telemetry } = acting(['smtp'], (scope) => broken && scope === poison.orderId);
    const again = () =>
      mails.rows(`update fulfillment.email_evidence set due_at = clock_timestamp() where message_id = $1`, [
        poison.mailId,
      ]);
    await act();
    expect((await mails.alerts('mail_bounced')).map(({ scope }) => scope)).toEqual([sound.orderId]);
    for (let failures = 1; failures < 5; failures += 1) {
      await act();
      await review();
      expect(telemetry.of('unexpected.error')).toHaveLength(failures);
      expect(await mails.alerts('mail_evidence_stuck')).toEqual([]);
      await again();
      await act();
    }
    await review();
    expect(await mails.alerts('mail_evidence_stuck')).toMatchObject([
      {
        state: 'open',
        summary: expect.stringContaining('pieces: 1)'),
        data: { evidence: [expect.any(String)] },
      },
    ]);
    const [stands] = await mails.rows<{ dueInMs: number }>(
      `select (extract(epoch from due_at - clock_timestamp()) * 1000)::float8 as "dueInMs"
         from fulfillment.email_evidence where message_id = $1`,
      [poison.mailId],
    );
    expect(stands?.dueInMs).toBeGreaterThan(70_000);
    broken = false;
    await again();
    await act();
    await review();
    expect((await mails.alerts('mail_bounced')).map(({ scope }) => scope)).toContain(poison.orderId);
    expect(await mails.alerts('mail_evidence_stuck')).toMatchObject([{ state: 'resolved' }]);
  });

  it('though there are more of them than are taken at once: what is sound behind them has its turn', async () => {
    const poisons = await Promise.all(Array.from({ length: 55 }, () => mails.mailed({ kind: 'refund' })));
    for (const mail of poisons) await bounce(mail);
    const sound = await mails.mailed();
    await bounce(sound);
    const scopes = new Set(poisons.map(({ orderId }) => orderId));
    await acting(['smtp'], (scope) => scopes.has(scope)).act();
    expect((await mails.alerts('mail_bounced')).map(({ scope }) => scope)).toEqual([sound.orderId]);
  });
});

describe('a mail that came back because of who has sent it', () => {
  it('is asked for once more, once for each mail, however many tell of it', async () => {
    const mail = await mails.mailed();
    await bounce(mail, policy);
    const { act, woken } = acting();
    await act();
    await bounce(mail, { ...policy, source: 'another list' });
    await act();
    expect(await mails.jobsOf(mail.paymentId)).toEqual([
      {
        kind: 'resend_receipt',
        subjectKey: `${mail.orderId}/bounce-${mail.mailId}`,
        actor: 'bounce',
        order: expect.objectContaining({ orderId: mail.orderId }),
      },
    ]);
    expect(woken()).toBe(1);
    expect((await mails.alerts('mail_bounced'))[0]?.summary).toMatch(/Another mail is on its way\.$/);
  });

  it('brings new links by a job of their own', async () => {
    const mail = await mails.mailed({ kind: 'new_links' });
    await bounce(mail, policy);
    await acting().act();
    expect(await mails.jobsOf(mail.paymentId)).toMatchObject([{ kind: 'send_links' }]);
  });

  it.each<[string, (mail: MailedOrder) => Promise<unknown>, string[]?]>([
    ['no other provider is configured', async () => undefined, ['smtp']],
    [
      'the money went back',
      (mail) =>
        mails.rows(`update fulfillment.payments set facts = '{"taken_back": true}' where id = $1`, [
          mail.paymentId,
        ]),
    ],
    [
      'somebody has asked for one that is on its way',
      (mail) =>
        mails.rows(
          `insert into fulfillment.fulfillment_jobs (kind, subject_key, payment_id, plan_id, sla_deadline)
           values ('send_links', $1 || '/1', $2, 1, clock_timestamp())`,
          [mail.orderId, mail.paymentId],
        ),
    ],
    [
      'what it came back from before is all there is',
      async (mail) => {
        const before = await mails.mailed({ of: mail, provider: 'resend' });
        await mails.rows(`update fulfillment.email_messages set delivery = 'bounced' where id = $1`, [
          before.mailId,
        ]);
      },
    ],
  ])('is not asked for where %s', async (_why, given, providers) => {
    const mail = await mails.mailed();
    await given(mail);
    await bounce(mail, policy);
    await acting(providers).act();
    expect((await mails.jobsOf(mail.paymentId)).filter(({ actor }) => actor === 'bounce')).toEqual([]);
  });

  it('and is of a kind that nobody can ask for is only told of', async () => {
    const mail = await mails.mailed({ kind: 'refund' });
    await bounce(mail, policy);
    await acting().act();
    expect(await mails.jobsOf(mail.paymentId)).toEqual([]);
    expect(await mails.alerts('mail_bounced')).toHaveLength(1);
  });
});

describe('a receipt that is refused', () => {
  const refusedBy = (...providers: string[]) =>
    providers.map((provider) => ({ provider, outcome: 'refused' as const, detail: 'smtp_deferred' }));

  it('is told of after the second time, until it is taken', async () => {
    const [once, twice] = [
      await mails.mailed({ state: 'queued', attempts: refusedBy('smtp') }),
      await mails.mailed({ state: 'queued', attempts: refusedBy('smtp', 'resend') }),
    ];
    await mails.mailed({ state: 'queued', kind: 'files_ready', attempts: refusedBy('smtp', 'smtp') });
    const { review } = acting();
    await review();
    await review();
    expect(await mails.alerts()).toMatchObject([
      {
        rule: 'receipt_mail_failing',
        scope: twice.orderId,
        state: 'open',
        summary: `The receipt of order ${twice.orderId} does not get through: 2 attempts failed, the last one by resend (smtp_deferred).`,
        data: { audience: ['lifecycle', 'support'] },
      },
    ]);
    expect(once.orderId).not.toBe(twice.orderId);
    await mails.rows(
      `update fulfillment.email_messages set state = 'accepted', provider = 'smtp', accepted_at = clock_timestamp(),
              proven_at = clock_timestamp(), delivery = 'accepted', bytes = null where id = $1`,
      [twice.mailId],
    );
    await review();
    expect(await mails.alerts()).toMatchObject([{ scope: twice.orderId, state: 'resolved' }]);
  });
});
