import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEvidenceActing } from '../../../src/mail/evidenceActing.ts';
import { wireDeliveryReports } from '../../../src/main/wireMailEvidence.ts';
import type { ExpectedReports } from '../../../src/ports/mailReports.ts';
import { createAlertBook } from '../../../src/store/alerts/alertBook.ts';
import { createEvidenceDesk } from '../../../src/store/mail/evidenceDesk.ts';
import { createReportDoor } from '../../../src/store/mail/reportDoor.ts';
import { heard, type MailedOrders, openMailedOrders } from '../../builders/mailedOrders.ts';

let mails: MailedOrders;
beforeAll(async () => {
  mails = await openMailedOrders();
});
beforeEach(() =>
  mails.rows(
    `with a as (delete from fulfillment.alerts), s as (delete from fulfillment.mail_report_standings),
          c as (delete from fulfillment.mail_source_cursors),
          w as (update fulfillment.mail_watch set worker = null, lease_until = null)
     update fulfillment.email_messages
        set state = 'superseded', delivery = null, proven_at = null, accepted_at = null, bytes = null`,
  ),
);
afterAll(() => mails.stop());

const minutes = 60_000;
const hours = 60 * minutes;
const resend: ExpectedReports = { provider: 'resend', answerProves: true };
const novu: ExpectedReports = { provider: 'novu', answerProves: false };

function reviewing(options: { reports?: ExpectedReports[]; sources?: string[] } = {}) {
  const desk = createEvidenceDesk({ pool: mails.worker, linkPlans: [] });
  const { review } = createEvidenceActing({
    desk,
    alerts: createAlertBook(mails.worker),
    telemetry: { emit: () => undefined },
    again: [],
    reports: [resend],
    sources: [],
    providers: ['resend'],
    slaSeconds: 300,
    unprovenAfterMs: 30 * minutes,
    onWork: () => undefined,
    ...options,
  });
  return { review, desk };
}

/** Its reports have been read for that long, and the last one came so long ago. */
const standing = (since: string, last: string | null, provider = 'resend') =>
  mails.rows(
    `insert into fulfillment.mail_report_standings (provider, expected_since, answer_proves, heard_at)
     values ($1, clock_timestamp() - $2::interval, $1 = 'resend', clock_timestamp() - $3::interval)`,
    [provider, since, last],
  );
const acknowledge = (rule: string) =>
  mails.rows(
    `update fulfillment.alerts
        set state = 'acknowledged', acknowledged_at = clock_timestamp(), acknowledged_by = 'anna'
      where rule = $1 and resolved_at is null`,
    [rule],
  );
const summaries = async (rule: string) =>
  (await mails.alerts(rule)).map(({ state, summary }) => [state, summary.split('. ')[0]]);
const taken = (acceptedAgoMs: number, provider = 'resend') => mails.mailed({ provider, acceptedAgoMs });
const takenBy = async (provider: string, ...agoMs: number[]) => {
  const all = [];
  for (const acceptedAgoMs of agoMs) all.push(await taken(acceptedAgoMs, provider));
  return all;
};

describe('mails that nothing proves', () => {
  const unproven = (acceptedAgoMs: number) =>
    mails.mailed({ provider: 'listmonk', proven: false, acceptedAgoMs });

  it('are one alert with a count, however long ago they were taken, until they are proven', async () => {
    const old = [await unproven(31 * minutes), await unproven(40 * 24 * hours)];
    await unproven(0);
    const { review } = reviewing();
    await review();
    await review();
    const told = '2 mails were taken more than 30 min ago and nothing proves that they went out';
    expect(await summaries('mail_unproven')).toEqual([['open', told]]);
    for (const { messageId } of old)
      await mails.note(heard('accepted', { provider: null, source: 'journal', messageId }));
    await review();
    expect(await summaries('mail_unproven')).toEqual([['resolved', told]]);
  });

  it('are known to whoever has acknowledged that, and those that come later are told anew', async () => {
    await unproven(2 * hours);
    const { review } = reviewing();
    await review();
    await acknowledge('mail_unproven');
    await review();
    await review();
    expect((await mails.alerts('mail_unproven')).map(({ state }) => state)).toEqual(['resolved']);
    const later = await unproven(0);
    await mails.rows(
      `with a as (update fulfillment.alerts set acknowledged_at = acknowledged_at - interval '1 hour',
                         seen_at = seen_at - interval '1 hour' where rule = 'mail_unproven')
       update fulfillment.email_messages set accepted_at = clock_timestamp() - interval '45 minutes' where id = $1`,
      [later.mailId],
    );
    await review();
    expect(await summaries('mail_unproven')).toEqual([
      ['resolved', expect.any(String)],
      ['open', '1 mail was taken more than 30 min ago and nothing proves that it went out'],
    ]);
  });
});

describe('mails that an answer proves, of a provider that reports each', () => {
  const told = (many: string) =>
    `${many} accepted more than 30 min ago by a provider that reports each, and it has reported nothing of`;

  it('are told of in one alert when it reports nothing of them, until it does', async () => {
    await standing('1 day', '1 minute');
    const late = await takenBy('resend', 2 * hours, 3 * hours);
    const [, heardOf] = await takenBy('resend', minutes, 2 * hours);
    await mails.note(heard('accepted', { provider: 'resend', messageId: heardOf?.messageId ?? '' }));
    // It was taken before anybody listened, and by one that tells nothing.
    await takenBy('resend', 26 * hours);
    await takenBy('smtp', 2 * hours);
    const { review, desk } = reviewing();
    await review();
    expect(await mails.alerts()).toMatchObject([
      { rule: 'mail_unheard', scope: '', severity: 'ticket', state: 'open' },
    ]);
    expect((await summaries('mail_unheard'))[0]?.[1]).toBe(`${told('2 mails were')} them`);
    expect((await desk.unproven(30 * minutes)).mails).toBe(0);
    for (const { messageId } of late) await mails.note(heard('delivered', { provider: 'resend', messageId }));
    await review();
    expect((await mails.alerts('mail_unheard')).map(({ state }) => state)).toEqual(['resolved']);
  });

  it('leave their jobs as complete as they are', async () => {
    await standing('1 day', '1 minute');
    const [mail] = await takenBy('resend', 2 * hours);
    await reviewing().review();
    const [job] = await mails.rows<{ unproven: boolean }>(
      'select mail_unproven as unproven from fulfillment.fulfillment_jobs where id = $1',
      [mail?.jobId],
    );
    expect(job).toEqual({ unproven: false });
  });
});

describe('a provider that reports nothing at all', () => {
  const silence = () => mails.alerts('mail_reports_silent');

  it('is told of when it has taken three mails since and nothing came for an hour, until something comes', async () => {
    await standing('1 day', '5 hours');
    await takenBy('resend', 4 * hours, 3 * hours);
    const { review } = reviewing();
    await review();
    expect(await silence()).toEqual([]);
    await takenBy('resend', 31 * minutes);
    await review();
    await review();
    expect(await silence()).toMatchObject([
      {
        scope: 'resend',
        severity: 'ticket',
        state: 'open',
        summary: expect.stringMatching(
          /^No delivery report of resend has come since 20\S+ \S+ UTC, though 3 mails/,
        ),
      },
    ]);
    expect(await createReportDoor(mails.poolAs('fulfillment_intake', 1)).accept('resend', [])).toEqual([]);
    await review();
    expect((await silence()).map(({ state }) => state)).toEqual(['resolved']);
  });

  it('is told of when no report has ever come', async () => {
    await standing('1 day', null, 'novu');
    for (const acceptedAgoMs of [hours, 2 * hours, 3 * hours])
      await mails.mailed({ provider: 'novu', proven: false, acceptedAgoMs });
    await reviewing({ reports: [novu] }).review();
    expect((await silence()).map(({ summary }) => summary.split(',')[0])).toEqual([
      'No delivery report of novu has come ever',
    ]);
  });

  it.each<[string, () => Promise<unknown>, ExpectedReports[]?]>([
    ['sells nothing', () => standing('9 days', '9 days')],
    [
      'has not waited long enough for the last mails',
      async () => {
        await standing('1 day', '5 hours');
        await takenBy('resend', 10 * minutes, 20 * minutes, 29 * minutes);
      },
    ],
    [
      'has heard something lately, though not of these mails',
      async () => {
        await standing('1 day', '2 minutes');
        await takenBy('resend', hours, 2 * hours, 3 * hours);
      },
    ],
    ['has only begun to listen', async () => void (await takenBy('resend', hours, 2 * hours, 3 * hours))],
    [
      'does not listen any more',
      async () => {
        await standing('1 day', '5 hours');
        await takenBy('resend', hours, 2 * hours, 3 * hours);
      },
      [],
    ],
  ])('is no trouble where the shop %s', async (_why, given, reports = [resend]) => {
    await given();
    await reviewing({ reports }).review();
    expect(await silence()).toEqual([]);
  });
});

describe('a place that nobody looks at', () => {
  it('is told of by its name, unless it is known to fail or is not configured', async () => {
    await mails.rows(
      `insert into fulfillment.mail_source_cursors (name, polled_at, failure, failing_since)
       select x.name, clock_timestamp() - interval '5 hours', x.failure, case when x.failure is not null then clock_timestamp() end
         from (values ('journal', null), ('bounce_mailbox', 'mailbox_unavailable'), ('listmonk_bounces', null)) x(name, failure)`,
    );
    await takenBy('smtp', hours, 2 * hours, 3 * hours);
    await reviewing({ sources: ['journal', 'bounce_mailbox'] }).review();
    expect(await mails.alerts('mail_reports_silent')).toMatchObject([
      { scope: 'journal', summary: expect.stringContaining('Nobody has looked') },
    ]);
  });
});

describe('the door of reports', () => {
  const door = () => createReportDoor(mails.poolAs('fulfillment_intake', 1));
  const stored = () =>
    mails.rows<{ n: number }>(
      'select count(*)::int as n from fulfillment.email_evidence where matched_at is null',
    );

  it('keeps each piece once by a role that may do nothing else, and whoever looks after evidence works on it', async () => {
    const mail = await taken(hours);
    const event = heard('delivered', {
      provider: 'resend',
      source: 'resend_webhook',
      eventId: 'msg_once',
      messageId: mail.messageId,
    });
    const [before] = await stored();
    expect(await door().accept('resend', [event])).toEqual([
      { source: 'resend_webhook', kind: 'delivered', count: 1 },
    ]);
    expect(await door().accept('resend', [event])).toEqual([]);
    expect((await stored())[0]?.n).toBe((before?.n ?? 0) + 1);
    const { desk } = reviewing();
    expect((await desk.matchLate()).matched).toBe(1);
    expect(await mails.mailOf(mail.mailId)).toMatchObject({ delivery: 'delivered' });
  });

  it('keeps what one provider says of its own mails, and nothing in another’s name', async () => {
    const strange = heard('bounced', { provider: 'smtp', eventId: 'msg_strange', reference: 'x' });
    expect(await door().accept('resend', [strange])).toEqual([]);
  });

  it('answers though every connection of the workers is taken', async () => {
    const busy = await Promise.all([1, 2, 3, 4, 5, 6].map(() => mails.worker.connect()));
    try {
      const evidence = [heard('delivered', { provider: 'resend', reference: 'em_busy' })];
      const receive = wireDeliveryReports({
        pools: { intake: mails.poolAs('fulfillment_intake', 1), worker: mails.worker },
        telemetry: { emit: () => undefined },
        readers: [{ provider: 'resend', read: () => ({ kind: 'evidence', evidence }) }],
      });
      const before = await mails.parked();
      expect(await receive?.('resend', { headers: {}, body: new Uint8Array() })).toBe('taken');
      expect(await mails.parked()).toBe((before ?? 0) + 1);
    } finally {
      for (const client of busy) client.release();
    }
  });
});
