import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import { createEvidencePolling } from '../../../src/mail/evidencePolling.ts';
import type { DeliveryEvidence, DeliverySource } from '../../../src/ports/deliveryEvidence.ts';
import { createAlertBook } from '../../../src/store/alerts/alertBook.ts';
import { createEvidenceDesk } from '../../../src/store/mail/evidenceDesk.ts';
import { heard, type MailedOrders, openMailedOrders } from '../../builders/mailedOrders.ts';
import { createManualClock } from '../../fakes/manualClock.ts';
import { createRecordingTelemetry } from '../../fakes/recordingTelemetry.ts';

let mails: MailedOrders;
beforeAll(async () => {
  mails = await openMailedOrders();
});
beforeEach(() =>
  mails.rows(
    `with w as (update fulfillment.mail_watch set worker = null, lease_until = null),
          a as (delete from fulfillment.alerts) delete from fulfillment.mail_source_cursors`,
  ),
);
afterAll(() => mails.stop());

const signal = new AbortController().signal;
const down = () =>
  new Fault({ kind: 'transient', reason: 'mailbox_unavailable', message: 'The mailbox cannot be reached.' });

/** A mailbox of so many mails, read one page at a time from where the cursor is. */
function mailbox(name: string, pages: DeliveryEvidence[][]) {
  const asked: Array<string | null> = [];
  let failing = false;
  const source: DeliverySource = {
    name,
    async poll(cursor) {
      asked.push(cursor);
      if (failing) throw down();
      const at = Number(cursor ?? 0);
      return { evidence: pages[at] ?? [], cursor: String(Math.min(at + 1, pages.length)) };
    },
  };
  return { source, asked, pages, fail: (is = true) => void (failing = is) };
}

async function polling(sources: DeliverySource[], worker = `w-${randomUUID()}`) {
  const desk = createEvidenceDesk({ pool: mails.worker, linkPlans: [] });
  const clock = createManualClock();
  const telemetry = createRecordingTelemetry();
  const { poll } = createEvidencePolling({
    worker,
    desk,
    sources,
    alerts: createAlertBook(mails.worker),
    telemetry,
    clock,
    pollMs: 60_000,
    timeoutMs: 30_000,
    alertAfterMs: 15 * 60_000,
    onWork: () => undefined,
  });
  const mayBegin = await desk.take(worker, 60_000);
  return { poll: () => poll(signal), desk, clock, telemetry, worker, mayBegin };
}

const standing = async (name: string) => {
  const sources = await createEvidenceDesk({ pool: mails.worker, linkPlans: [] }).sources();
  return sources.find((one) => one.name === name);
};

describe('a place where evidence is looked for', () => {
  it('is read to its end, page by page, and again a minute later from where it was left', async () => {
    const [one, two] = [await mails.mailed(), await mails.mailed()];
    const box = mailbox('bounces', [
      [heard('bounced', { messageId: one.messageId })],
      [heard('delivered', { messageId: two.messageId })],
    ]);
    const { poll, clock, telemetry } = await polling([box.source]);
    await poll();
    await poll();
    expect(box.asked).toEqual([null, '1', '2']);
    expect((await mails.mailOf(two.mailId)).delivery).toBe('delivered');
    expect(telemetry.of('mail.evidence').map(({ kind, count }) => [kind, count])).toEqual([
      ['bounced', 1],
      ['delivered', 1],
    ]);
    await clock.advance(60_000);
    await poll();
    expect(box.asked).toEqual([null, '1', '2', '2']);
    expect(await standing('bounces')).toMatchObject({
      cursor: '2',
      failure: null,
      polledAt: expect.any(Date),
    });
  });

  it('is read on through pages that hold nothing of ours, as long as the cursor moves', async () => {
    const mail = await mails.mailed();
    const foreign = Array.from({ length: 30 }, () => []);
    const box = mailbox('full of others', [...foreign, [heard('bounced', { messageId: mail.messageId })]]);
    const { poll } = await polling([box.source]);
    await poll();
    expect(box.asked).toHaveLength(32);
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('bounced');
    await poll();
    expect(box.asked).toHaveLength(32);
  });

  it('is left for the others after so many pages, and gone on with in the next turn, not in a minute', async () => {
    const mail = await mails.mailed();
    const foreign = Array.from({ length: 250 }, () => []);
    const box = mailbox('endless', [...foreign, [heard('bounced', { messageId: mail.messageId })]]);
    const { poll } = await polling([box.source]);
    await poll();
    expect(box.asked).toHaveLength(200);
    expect(await standing('endless')).toMatchObject({ cursor: '200' });
    await poll();
    expect(box.asked[200]).toBe('200');
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('bounced');
  });

  it('is left for the others after so long', async () => {
    const box = mailbox(
      'slow',
      Array.from({ length: 10 }, () => []),
    );
    const slow: DeliverySource = {
      ...box.source,
      async poll(cursor, given) {
        await clock.advance(9_000);
        return box.source.poll(cursor, given);
      },
    };
    const { poll, clock } = await polling([slow]);
    await poll();
    expect(box.asked).toHaveLength(3);
    await poll();
    expect(box.asked).toHaveLength(6);
  });

  it('is left where it says that all has been read, though its cursor goes back to the beginning', async () => {
    const asked: Array<string | null> = [];
    const round: DeliverySource = {
      name: 'round',
      async poll(cursor) {
        asked.push(cursor);
        return cursor === '2'
          ? { evidence: [], cursor: '1', atEnd: true }
          : { evidence: [], cursor: '2', atEnd: false };
      },
    };
    const { poll, clock } = await polling([round]);
    await poll();
    await poll();
    expect(asked).toEqual([null, '2']);
    await clock.advance(60_000);
    await poll();
    expect(asked).toEqual([null, '2', '1', '2']);
  });

  it('is looked after by one process at a time; another one goes on from its cursor', async () => {
    const box = mailbox('journal', [
      [heard('accepted', { messageId: (await mails.mailed()).messageId })],
      [],
    ]);
    const first = await polling([box.source]);
    await first.poll();
    const second = await polling([box.source]);
    expect([first.mayBegin, second.mayBegin]).toEqual([true, false]);
    await first.desk.release(first.worker);
    expect(await second.desk.take(second.worker, 60_000)).toBe(true);
    await second.poll();
    expect(box.asked.at(-1)).not.toBeNull();
  });

  it('has nothing kept by whoever has lost the duty meanwhile, neither evidence nor cursor', async () => {
    const mail = await mails.mailed();
    const box = mailbox('journal', [[heard('delivered', { messageId: mail.messageId })]]);
    const { poll, desk, worker } = await polling([box.source]);
    await desk.release(worker);
    await desk.take('somebody else', 60_000);
    await poll();
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('accepted');
    expect(await standing('journal')).toBeUndefined();
  });

  it('keeps evidence and cursor in one: what cannot be kept is asked for again', async () => {
    const mail = await mails.mailed();
    const box = mailbox('list', [[heard('delivered', { messageId: mail.messageId })]]);
    const { poll, clock } = await polling([box.source]);
    await mails.rows('alter table fulfillment.email_evidence add constraint no_more check (false) not valid');
    await expect(poll()).rejects.toThrow(/no_more/);
    await mails.rows('alter table fulfillment.email_evidence drop constraint no_more');
    expect(await standing('list')).toBeUndefined();
    await clock.advance(60_000);
    await poll();
    expect(box.asked).toEqual([null, null, '1']);
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delivered');
  });

  it('is told of after a quarter of an hour of trouble, and again when it is over', async () => {
    const box = mailbox('bounces', []);
    const { poll, clock, telemetry } = await polling([box.source]);
    box.fail();
    await poll();
    expect(telemetry.of('mail.source_failed')).toMatchObject([
      { source: 'bounces', reason: 'mailbox_unavailable', againInMs: 60_000 },
    ]);
    expect(await mails.alerts()).toEqual([]);
    await mails.rows(
      `update fulfillment.mail_source_cursors set failing_since = failing_since - interval '15 minutes'`,
    );
    await clock.advance(60_000);
    await poll();
    expect(await mails.alerts()).toMatchObject([
      { rule: 'mail_source_failing', scope: 'bounces', state: 'open', severity: 'ticket' },
    ]);
    box.fail(false);
    await clock.advance(60_000);
    await poll();
    expect(await mails.alerts()).toMatchObject([{ state: 'resolved' }]);
    expect(await standing('bounces')).toMatchObject({ failure: null, failingSince: null });
  });

  it('does not keep another one from being read, though it never answers', async () => {
    const mail = await mails.mailed();
    const box = mailbox('well', [[heard('delivered', { messageId: mail.messageId })]]);
    const silent: DeliverySource = { name: 'silent', poll: () => new Promise(() => undefined) };
    const { poll, clock, telemetry } = await polling([silent, box.source]);
    const polled = poll();
    while ((await mails.mailOf(mail.mailId)).delivery !== 'delivered')
      await new Promise((go) => setTimeout(go, 2));
    await clock.advance(30_000);
    await polled;
    expect(telemetry.of('mail.source_failed')).toMatchObject([{ source: 'silent', reason: 'timeout' }]);
  });

  it('waits as long as it asks for, though not for ever', async () => {
    const patient: DeliverySource = {
      name: 'patient',
      poll: async () => {
        throw new Fault({
          kind: 'rate_limited',
          reason: 'slow_down',
          message: 'x',
          retryAfterMs: 10 * 3_600_000,
        });
      },
    };
    const { poll, telemetry } = await polling([patient]);
    await poll();
    expect(telemetry.of('mail.source_failed')).toMatchObject([{ againInMs: 15 * 60_000 }]);
  });
});
