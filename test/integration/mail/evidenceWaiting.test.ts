import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { matchLate, matchParked } from '../../../src/store/mail/evidence.ts';
import { readStuck } from '../../../src/store/mail/evidenceTimes.ts';
import { inTransaction } from '../../../src/store/transaction.ts';
import { heard, type MailedOrder, type MailedOrders, openMailedOrders } from '../../builders/mailedOrders.ts';

let mails: MailedOrders;
beforeAll(async () => {
  mails = await openMailedOrders();
});
afterAll(() => mails.stop());

const noted = (mail: MailedOrder) =>
  mails.rows<{ kind: string }>(
    'select kind from fulfillment.email_evidence where message_id = $1 order by id',
    [mail.mailId],
  );

describe('evidence that comes first', () => {
  it('waits for the acceptance that has the reference, and is found with it', async () => {
    const mail = await mails.mailed({ state: 'queued', attempts: [{ provider: 'resend', outcome: null }] });
    await mails.note(heard('delivered', { provider: 'resend', reference: 'em_early' }));
    await mails.rows(
      `update fulfillment.email_messages set state = 'accepted', provider = 'resend', reference = 'em_early', bytes = null,
              accepted_at = clock_timestamp(), proven_at = clock_timestamp(), delivery = 'accepted' where id = $1`,
      [mail.mailId],
    );
    await inTransaction(mails.worker, (tx) => matchParked(tx, [mail.logicalKey]));
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delivered');
    // Again, nothing waits any more.
    await inTransaction(mails.worker, (tx) => matchParked(tx, [mail.logicalKey]));
    expect(await noted(mail)).toHaveLength(1);
  });

  it('is found later where both were written side by side', async () => {
    const early = heard('bounced', { provider: 'resend', reference: 'em_side' });
    await mails.note(early);
    const mail = await mails.mailed({ provider: 'resend', reference: 'em_side' });
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('accepted');
    expect(await matchLate(mails.worker)).toMatchObject({ matched: 1, woken: 0, failed: [] });
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('bounced');
  });

  const standsBy = async (reference: string) =>
    (
      await mails.rows<{ dueInMs: number; failures: number }>(
        `select (extract(epoch from due_at - clock_timestamp()) * 1000)::float8 as "dueInMs", failures
           from fulfillment.email_evidence where provider_ref = $1`,
        [reference],
      )
    )[0];
  const age = (reference: string, byMs: number) =>
    mails.rows(
      `update fulfillment.email_evidence set received_at = received_at - $2 * interval '1 ms', due_at = clock_timestamp()
        where provider_ref = $1`,
      [reference, byMs],
    );

  it('is asked about ever less often, as long as nobody knows its mail', async () => {
    await mails.note(heard('delivered', { provider: 'resend', reference: 'em_foreign' }));
    expect((await standsBy('em_foreign'))?.dueInMs).toBeLessThanOrEqual(0);
    await matchLate(mails.worker);
    expect((await standsBy('em_foreign'))?.dueInMs).toBeGreaterThan(4_000);
    await age('em_foreign', 60_000);
    await matchLate(mails.worker);
    expect((await standsBy('em_foreign'))?.dueInMs).toBeGreaterThan(55_000);
    expect((await standsBy('em_foreign'))?.dueInMs).toBeLessThan(70_000);
    await age('em_foreign', 10 * 3_600_000);
    await matchLate(mails.worker);
    expect((await standsBy('em_foreign'))?.dueInMs).toBeLessThanOrEqual(15 * 60_000);
    // Not due, so not looked at, though its mail is there by now.
    const mail = await mails.mailed({ provider: 'resend', reference: 'em_foreign' });
    expect((await matchLate(mails.worker)).matched).toBe(0);
    await age('em_foreign', 0);
    expect((await matchLate(mails.worker)).matched).toBe(1);
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delivered');
  });

  it('and cannot be worked on keeps no other, nor its source, and comes later each time', async () => {
    const [poison, sound] = [
      await mails.mailed({ provider: 'resend', reference: 'em_poison' }),
      await mails.mailed({ provider: 'resend', reference: 'em_sound' }),
    ];
    const lift = await mails.spoil(poison);
    const told = await mails.note(heard('delivered', { provider: 'resend', reference: 'em_poison' }));
    expect(told).toMatchObject({ heard: [{ count: 1 }], matched: 0 });
    await mails.note(
      heard('delivered', { provider: 'resend', reference: 'em_poison', eventId: 'again' }),
      heard('bounced', { provider: 'resend', reference: 'em_sound' }),
    );
    const late = await matchLate(mails.worker);
    expect([late.matched, late.failed.length]).toEqual([1, 2]);
    expect((await mails.mailOf(sound.mailId)).delivery).toBe('bounced');
    expect(await standsBy('em_poison')).toMatchObject({ failures: 1 });
    await age('em_poison', 0);
    await matchLate(mails.worker);
    expect((await standsBy('em_poison'))?.failures).toBe(2);
    expect((await standsBy('em_poison'))?.dueInMs).toBeGreaterThan(9_000);
    expect((await readStuck(mails.worker, 2)).pieces).toBe(2);
    await lift();
    await age('em_poison', 0);
    expect((await matchLate(mails.worker)).matched).toBe(2);
    expect((await mails.mailOf(poison.mailId)).delivery).toBe('delivered');
    expect(await readStuck(mails.worker, 1)).toEqual({ pieces: 0, ids: [] });
  });

  it('does not keep the acceptance of its mail from being recorded when it cannot be worked on', async () => {
    const mail = await mails.mailed({ state: 'queued', attempts: [{ provider: 'resend', outcome: null }] });
    await mails.note(heard('delivered', { provider: 'resend', reference: 'em_bad' }));
    await mails.rows(
      `update fulfillment.email_messages set state = 'accepted', provider = 'resend', reference = 'em_bad', bytes = null,
              accepted_at = clock_timestamp(), proven_at = clock_timestamp(), delivery = 'accepted' where id = $1`,
      [mail.mailId],
    );
    const lift = await mails.spoil(mail);
    await inTransaction(mails.worker, (tx) => matchParked(tx, [mail.logicalKey]));
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('accepted');
    await lift();
  });

  const expired = async () =>
    (
      await mails.rows<{ expired: number; lately: boolean | null }>(
        `select expired::int as expired, last_expired_at > clock_timestamp() - interval '1 minute' as lately
           from fulfillment.mail_watch`,
      )
    )[0] ?? { expired: 0, lately: null };

  it('is dropped after a day when it is about no mail of ours, and counted; what has found its mail stays', async () => {
    const mail = await mails.mailed();
    await mails.note(heard('delivered', { messageId: mail.messageId }));
    await mails.note(heard('delivered', { reference: 'of somebody else' }));
    const [waiting, before] = [(await mails.parked()) ?? 0, await expired()];
    expect(waiting).toBeGreaterThan(0);
    await mails.rows(`update fulfillment.email_evidence set received_at = received_at - interval '25 hours'`);
    await mails.worker.query('select fulfillment.prune_email_evidence(1000)');
    expect(await mails.parked()).toBe(0);
    expect(await noted(mail)).toHaveLength(1);
    expect(await expired()).toEqual({ expired: waiting + before.expired, lately: true });
    await mails.rows(
      `update fulfillment.email_evidence set received_at = received_at - interval '14 months'`,
    );
    await mails.worker.query('select fulfillment.prune_email_evidence(1000)');
    expect(await noted(mail)).toEqual([]);
  });
});
