import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMailStatus } from '../../../src/operations/mail/deliveryStatus.ts';
import { showDossier } from '../../../src/operations/orders/showDossier.ts';
import { createOrderDossiers } from '../../../src/store/dossier/orderDossiers.ts';
import { createDeliveryWatch } from '../../../src/store/mail/evidenceStanding.ts';
import { callerOf } from '../../builders/operationsStack.ts';
import { heard, type MailedOrder, type MailedOrders, openMailedOrders } from '../../builders/mailedOrders.ts';

let mails: MailedOrders;
beforeAll(async () => {
  mails = await openMailedOrders();
});
afterAll(() => mails.stop());

async function shown({ jobId }: MailedOrder) {
  const dossier = await createOrderDossiers(mails.poolAs('fulfillment_operations', 1)).read(jobId);
  if (!dossier) throw new Error('There is no such job.');
  return showDossier(dossier, ['ops_admin']);
}

describe('the dossier of an order', () => {
  it('shows what is known of each mail, when, by what evidence, and through whom it was tried', async () => {
    const mail = await mails.mailed({
      provider: 'resend',
      attempts: [
        { provider: 'smtp', outcome: 'refused', detail: 'smtp_deferred' },
        { provider: 'resend', outcome: 'accepted', detail: 'em_1' },
      ],
    });
    await mails.note(
      heard('delivered', {
        messageId: mail.messageId,
        at: new Date('2026-11-22T10:01:00Z'),
        source: 'resend_webhook',
      }),
      heard('bounced', { messageId: mail.messageId, at: new Date('2026-11-22T10:05:00Z'), provider: null }),
    );
    const order = await shown(mail);
    expect(order.mails).toMatchObject([
      {
        delivery: 'bounced',
        provenAt: expect.any(String),
        evidence: [
          { kind: 'delivered', at: '2026-11-22T10:01:00.000Z', source: 'resend_webhook', cause: null },
          {
            kind: 'bounced',
            at: '2026-11-22T10:05:00.000Z',
            source: 'bounce_mailbox',
            provider: 'resend',
            permanence: 'hard',
            cause: 'address',
            status: '5.1.1',
          },
        ],
        attempts: [
          { provider: 'smtp', outcome: 'refused', detail: 'smtp_deferred', final: false },
          { provider: 'resend', outcome: 'accepted' },
        ],
      },
    ]);
    expect(order.verdict).toMatch(
      /; the mail with the receipt came back: there is no such mailbox \(5\.1\.1\)\.$/,
    );
    expect(JSON.stringify(order)).not.toContain('anna@readers.example');
  });

  it('says of a receipt that was given up after retries that it was, whatever a report from before says', async () => {
    const mail = await mails.mailed();
    const full = { cause: 'mailbox_full', status: '4.2.2' } as const;
    await mails.note(
      heard('bounced', { messageId: mail.messageId, bounce: { permanence: 'hard', ...full } }),
      heard('bounced', { messageId: mail.messageId, bounce: { permanence: 'soft', cause: 'policy' } }),
    );
    expect((await shown(mail)).verdict).toMatch(
      /came back: the mailbox is full, and the sending server gave up after retrying \(4\.2\.2\)\.$/,
    );
  });

  it('says nothing of a bounce once another receipt stays with the buyer', async () => {
    const mail = await mails.mailed();
    await mails.note(heard('bounced', { messageId: mail.messageId }));
    expect((await shown(mail)).verdict).toContain('came back');
    await mails.mailed({ of: mail });
    expect((await shown(mail)).verdict).not.toContain('came back');
  });
});

describe('a mail that its provider has accepted for good', () => {
  it('is shown as one of which no delivery event has come, where its provider reports each, until one comes', async () => {
    await mails.rows(
      `insert into fulfillment.mail_report_standings (provider, expected_since, answer_proves)
       values ('resend', clock_timestamp() - interval '1 hour', true), ('novu', clock_timestamp() - interval '1 hour', false)`,
    );
    const awaits = async (mail: MailedOrder) =>
      (await shown(mail)).mails.map(({ awaitsReport }) => awaitsReport);
    const mail = await mails.mailed({ provider: 'resend' });
    expect(await awaits(mail)).toEqual([true]);
    expect((await shown(mail)).mailUnproven).toBe(false);
    await mails.note(heard('accepted', { provider: 'resend', messageId: mail.messageId }));
    expect(await awaits(mail)).toEqual([false]);
    for (const fields of [
      { provider: 'smtp' },
      { provider: 'novu' },
      { provider: 'resend', state: 'queued' as const },
      { provider: 'resend', acceptedAgoMs: 2 * 3_600_000 },
    ])
      expect(await awaits(await mails.mailed(fields))).toEqual([false]);
    await mails.rows('delete from fulfillment.mail_report_standings');
  });
});

describe('mail:status', () => {
  const by = { caller: callerOf('ops_viewer'), actor: 'staff:auth0|anna' };
  const status = () =>
    createMailStatus(createDeliveryWatch(mails.poolAs('fulfillment_operations', 1)), {
      unprovenAfterMs: 30 * 60_000,
    });

  it('counts mails by what is known of them, and shows what is read and what is not', async () => {
    await mails.rows(
      `with m as (update fulfillment.email_messages set delivery = null, proven_at = null, accepted_at = null, state = 'superseded'),
            c as (insert into fulfillment.mail_source_cursors (name, cursor, polled_at) values ('bounces', '7', '2026-11-22T10:00Z')),
            f as (insert into fulfillment.mail_source_cursors (name, failure, failing_since)
                  values ('journal', 'mailbox_unavailable', '2026-11-22T09:00Z'))
       delete from fulfillment.email_evidence`,
    );
    await mails.rows(`update fulfillment.mail_watch set expired = 12, last_expired_at = '2026-11-22T08:00Z'`);
    const delivered = await mails.mailed();
    await mails.mailed();
    await mails.mailed({ state: 'queued' });
    await mails.mailed({ provider: 'listmonk', proven: false, acceptedAgoMs: 3_600_000 });
    await mails.mailed({ provider: 'listmonk', proven: false });
    await mails.note(
      heard('delivered', { messageId: delivered.messageId }),
      heard('bounced', { reference: 'not ours' }),
    );
    await mails.rows(
      `insert into fulfillment.mail_report_standings (provider, expected_since, answer_proves, heard_at)
       values ('novu', null, false, '2026-11-22T07:00Z'),
              ('resend', clock_timestamp() - interval '1 day', true, clock_timestamp() - interval '6 hours')`,
    );
    for (let count = 0; count < 3; count += 1)
      await mails.mailed({ provider: 'resend', acceptedAgoMs: 3_600_000 });
    const { output, read } = status();
    const seen = await read({}, by as never);
    expect(output.parse(seen)).toMatchObject({
      lastDay: { none: 1, unproven: 2, accepted: 4, delayed: 0, delivered: 1, bounced: 0, complained: 0 },
      unproven: { mails: 1, afterMinutes: 30, oldestAt: expect.any(String) },
      unheard: { mails: 3, oldestAt: expect.any(String) },
      reports: [
        {
          provider: 'novu',
          expectedSince: null,
          lastReportAt: '2026-11-22T07:00:00.000Z',
          awaiting: 0,
          silent: false,
        },
        { provider: 'resend', lastReportAt: expect.any(String), awaiting: 3, silent: true },
      ],
      parked: 1,
      expired: 12,
      lastExpiredAt: '2026-11-22T08:00:00.000Z',
      sources: [
        { name: 'bounces', polledAt: '2026-11-22T10:00:00.000Z', failure: null, failingSince: null },
        {
          name: 'journal',
          polledAt: null,
          failure: 'mailbox_unavailable',
          failingSince: '2026-11-22T09:00:00.000Z',
        },
      ],
    });
  });

  it('can be read by whoever reads no buyer’s data', async () => {
    const watch = createDeliveryWatch(mails.poolAs('fulfillment_reader', 1));
    expect((await watch.read({ unprovenAfterMs: 0 })).unproven.mails).toBe(2);
  });
});
