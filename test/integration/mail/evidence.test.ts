import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type DeliveryState,
  deliveryStates,
  furtherOf,
  toldState,
} from '../../../src/domain/deliveryState.ts';
import { type DeliveryEvidence, deliveryKinds } from '../../../src/ports/deliveryEvidence.ts';
import { recordResults } from '../../../src/store/mail/recordResults.ts';
import { inTransaction } from '../../../src/store/transaction.ts';
import { insertOwnedEbook } from '../../builders/ownedEbook.ts';
import { heard, type MailedOrder, type MailedOrders, openMailedOrders } from '../../builders/mailedOrders.ts';

let mails: MailedOrders;
beforeAll(async () => {
  mails = await openMailedOrders();
});
afterAll(() => mails.stop());

const noted = (mail: MailedOrder) =>
  mails.rows<{ kind: string; provider: string | null }>(
    'select kind, provider from fulfillment.email_evidence where message_id = $1 order by id',
    [mail.mailId],
  );

describe('what is known of a mail', () => {
  it('moves in the same order in the database as in the domain', async () => {
    const known = [null, ...deliveryStates];
    const pairs = known.flatMap((from) => deliveryStates.map((to) => ({ from, to })));
    const rows = await mails.rows<{ further: DeliveryState }>(
      `select fulfillment.further_delivery(x.known, x.told) as further
         from unnest($1::text[], $2::text[]) with ordinality x(known, told, no) order by x.no`,
      [pairs.map(({ from }) => from), pairs.map(({ to }) => to)],
    );
    expect(rows.map(({ further }) => further)).toEqual(pairs.map(({ from, to }) => furtherOf(from, to)));
  });

  it('is the same in whatever order evidence comes, and however often', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ kind: fc.constantFrom(...deliveryKinds), permanence: fc.constantFrom('hard', 'soft') }),
          { minLength: 1, maxLength: 5 },
        ),
        fc.array(fc.nat(), { maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        async (kinds, doubles, order) => {
          const mail = await mails.mailed();
          const once = kinds.map(({ kind, permanence }) =>
            heard(kind, {
              messageId: mail.messageId,
              ...(kind === 'bounced' && { bounce: { permanence, cause: 'unknown' } }),
            }),
          );
          const all = [...once, ...doubles.map((no) => once[no % once.length] as DeliveryEvidence)]
            .map((one) => ({ one, at: order.next().value }))
            .toSorted((a, b) => a.at - b.at)
            .map(({ one }) => one);
          // Some of it in one go, the rest one by one.
          const cut = Math.floor(all.length / 2);
          await mails.note(...all.slice(0, cut));
          for (const one of all.slice(cut)) await mails.note(one);
          const expected = kinds.reduce<DeliveryState>(
            (known, { kind, permanence }) => furtherOf(known, toldState(kind, permanence)),
            'accepted',
          );
          expect((await mails.mailOf(mail.mailId)).delivery).toBe(expected);
          expect((await noted(mail)).length).toBe(kinds.length);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('is bounced for good, also after it was delivered, and the entitlement stands', async () => {
    const { paymentId, orderId, entitlementId } = await insertOwnedEbook(mails.admin);
    const mail = await mails.mailed({ of: { ...(await mails.mailed()), paymentId, orderId } });
    await mails.note(heard('delivered', { messageId: mail.messageId }));
    await mails.note(heard('bounced', { messageId: mail.messageId }));
    await mails.note(heard('delivered', { messageId: mail.messageId }));
    expect(await mails.mailOf(mail.mailId)).toMatchObject({ state: 'accepted', delivery: 'bounced' });
    const rows = await mails.rows(`select state from fulfillment.ebook_entitlements where id = $1`, [
      entitlementId,
    ]);
    expect(rows).toEqual([{ state: 'active' }]);
  });

  it('is learned from two sources that tell of one mail in their own ways', async () => {
    const mail = await mails.mailed({ provider: 'resend', reference: 'em_1' });
    const told = await mails.note(
      heard('delivered', { provider: 'resend', source: 'resend_webhook', reference: 'em_1' }),
      heard('accepted', { provider: null, source: 'journal', messageId: mail.messageId }),
    );
    expect(told).toEqual({
      heard: [
        { source: 'journal', kind: 'accepted', count: 1 },
        { source: 'resend_webhook', kind: 'delivered', count: 1 },
      ],
      matched: 2,
      woken: 0,
    });
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delivered');
    // Whoever could not tell is filled in.
    expect(await noted(mail)).toEqual([
      { kind: 'accepted', provider: 'resend' },
      { kind: 'delivered', provider: 'resend' },
    ]);
  });

  it('cannot be told of another payment’s mail: an id that nobody was given names none', async () => {
    const mine = await mails.mailed();
    const other = await mails.mailed();
    const guess = other.messageId.replace(/^<.{4}/, '<0000');
    const before = (await mails.parked()) ?? 0;
    expect(await mails.note(heard('bounced', { messageId: guess, provider: null }))).toMatchObject({
      matched: 0,
    });
    expect(await mails.parked()).toBe(before + 1);
    for (const { mailId } of [mine, other]) expect((await mails.mailOf(mailId)).delivery).toBe('accepted');
  });

  it('is not learned from a reference that several mails have, nor from one of another provider', async () => {
    const [one, two] = [
      await mails.mailed({ reference: '250 OK' }),
      await mails.mailed({ reference: '250 OK' }),
    ];
    const third = await mails.mailed({ reference: 'queued as 77', provider: 'smtp' });
    await mails.note(
      heard('delivered', { reference: '250 OK' }),
      heard('delivered', { provider: 'resend', reference: 'queued as 77' }),
    );
    for (const { mailId } of [one, two, third])
      expect((await mails.mailOf(mailId)).delivery).toBe('accepted');
  });

  it('is kept of what cannot be written as it is, so that no source is stopped by it', async () => {
    const mail = await mails.mailed();
    await mails.note(
      heard('delivered', { eventId: 'a\u0000b'.repeat(120), messageId: mail.messageId, reference: '\u0000' }),
      heard('bounced', { messageId: '<with space@x>', provider: null }),
      heard('bounced', {
        messageId: mail.messageId,
        bounce: { permanence: 'hard', cause: 'policy', status: 'no' },
      }),
      heard('delayed', { messageId: mail.messageId, at: new Date(Number.NaN) }),
    );
    expect((await noted(mail)).map(({ kind }) => kind).toSorted()).toEqual([
      'bounced',
      'delayed',
      'delivered',
    ]);
    const [late] = await mails.rows(
      `select bool_and(at <= clock_timestamp()) as past from fulfillment.email_evidence`,
    );
    expect(late).toEqual({ past: true });
  });
});

describe('a mail whose attempt had no answer', () => {
  const job = async ({ jobId, logicalKey }: MailedOrder) =>
    (
      await mails.rows<{ due: boolean; effect: boolean; step: boolean; seq: number }>(
        `select d.due_at <= clock_timestamp() as due, d.control_seq::int as seq,
                (select s.due_at <= clock_timestamp() from fulfillment.fulfillment_job_steps s where s.job_id = d.job_id) as step,
                (select e.due_at <= clock_timestamp() from fulfillment.fulfillment_job_effects e
                  where e.job_id = d.job_id and e.effect_key = $2) as effect
           from fulfillment.fulfillment_dispatch d where d.job_id = $1`,
        [jobId, logicalKey],
      )
    )[0];

  it.each([
    ['unknown', 'unknown'],
    ['queued', null],
  ] as const)('was taken when it is heard of (%s), and its job goes on at once', async (state, outcome) => {
    const mail = await mails.mailed({ state, attempts: [{ provider: 'listmonk', outcome }] });
    expect(await job(mail)).toEqual({ due: false, effect: false, step: false, seq: 0 });
    const { woken } = await mails.note(
      heard('accepted', { provider: null, source: 'journal', messageId: mail.messageId }),
    );
    expect(woken).toBe(1);
    expect(await mails.mailOf(mail.mailId)).toMatchObject({
      state: 'accepted',
      provider: 'listmonk',
      accepted: true,
      proven: true,
      delivery: 'accepted',
      hasBytes: false,
    });
    expect(await job(mail)).toEqual({ due: true, effect: true, step: true, seq: 1 });
  });

  it('keeps its lease when somebody works on it, who sees that there is news', async () => {
    const mail = await mails.mailed({
      state: 'unknown',
      attempts: [{ provider: 'smtp', outcome: 'unknown' }],
    });
    await mails.rows(`update fulfillment.fulfillment_dispatch set worker = 'w' where job_id = $1`, [
      mail.jobId,
    ]);
    await mails.note(heard('delivered', { messageId: mail.messageId }));
    expect(await job(mail)).toMatchObject({ due: false, effect: true, seq: 1 });
  });

  it('was taken by the one that it came back from', async () => {
    const mail = await mails.mailed({
      state: 'unknown',
      attempts: [{ provider: 'smtp', outcome: 'unknown' }],
    });
    await mails.note(heard('bounced', { provider: null, messageId: mail.messageId }));
    expect(await mails.mailOf(mail.mailId)).toMatchObject({
      state: 'accepted',
      provider: 'smtp',
      delivery: 'bounced',
    });
  });

  it('has its links work as long as those of a mail that was taken at once', async () => {
    const mail = await mails.mailed({
      state: 'unknown',
      attempts: [{ provider: 'smtp', outcome: 'unknown' }],
    });
    const { entitlementId } = await insertOwnedEbook(mails.admin);
    const [link] = await mails.rows<{ id: string }>(
      `insert into fulfillment.download_links (entitlement_id, format, origin, mail_key, created_at, expires_at)
       values ($1, 'pdf', 'mail', $2, clock_timestamp() - interval '2 days', clock_timestamp() + interval '1 day')
       returning id`,
      [entitlementId, mail.logicalKey],
    );
    await mails.note(heard('delivered', { messageId: mail.messageId }));
    const [row] = await mails.rows(
      `select expires_at > clock_timestamp() + interval '71 hours' as longer from fulfillment.download_links where id = $1`,
      [link?.id],
    );
    expect(row).toEqual({ longer: true });
  });

  it('was taken by nobody when every attempt was refused, whatever a journal has got of it', async () => {
    const mail = await mails.mailed({
      state: 'refused',
      attempts: [{ provider: 'smtp', outcome: 'refused' }],
    });
    await mails.note(heard('accepted', { provider: null, source: 'journal', messageId: mail.messageId }));
    expect(await mails.mailOf(mail.mailId)).toMatchObject({
      state: 'refused',
      delivery: null,
      hasBytes: true,
    });
  });

  it('that was never tried here went out before a restore, when a provider says so itself', async () => {
    const mail = await mails.mailed({ state: 'queued' });
    await mails.note(heard('accepted', { provider: null, source: 'journal', messageId: mail.messageId }));
    expect((await mails.mailOf(mail.mailId)).state).toBe('queued');
    await mails.note(heard('delivered', { provider: 'resend', messageId: mail.messageId }));
    expect(await mails.mailOf(mail.mailId)).toMatchObject({
      state: 'accepted',
      provider: 'resend',
      proven: true,
    });
  });

  it('stays superseded when it is, and says what became of it', async () => {
    const mail = await mails.mailed({
      state: 'superseded',
      attempts: [{ provider: 'smtp', outcome: 'unknown' }],
    });
    await mails.note(heard('delivered', { messageId: mail.messageId }));
    expect(await mails.mailOf(mail.mailId)).toMatchObject({
      state: 'superseded',
      delivery: 'delivered',
      accepted: false,
      proven: false,
    });
  });
});

describe('a mail that a provider may forget', () => {
  const flag = async ({ jobId }: MailedOrder) =>
    (
      await mails.rows<{ flag: boolean }>(
        'select mail_unproven as flag from fulfillment.fulfillment_jobs where id = $1',
        [jobId],
      )
    )[0]?.flag;
  const raise = ({ jobId }: MailedOrder) =>
    mails.rows('update fulfillment.fulfillment_jobs set mail_unproven = true where id = $1', [jobId]);

  it('is proven by whatever is heard of it; the job says so when none of its mails is left', async () => {
    const one = await mails.mailed({ provider: 'listmonk', proven: false, over: true });
    const two = await mails.mailed({ of: one, provider: 'listmonk', proven: false, kind: 'files_ready' });
    await raise(one);
    expect(await mails.mailOf(one.mailId)).toMatchObject({
      proven: false,
      hasBytes: true,
      delivery: 'unproven',
    });
    await mails.note(heard('accepted', { provider: null, source: 'journal', messageId: one.messageId }));
    expect(await mails.mailOf(one.mailId)).toMatchObject({
      proven: true,
      hasBytes: false,
      delivery: 'accepted',
    });
    expect(await flag(one)).toBe(true);
    await mails.note(heard('delivered', { provider: null, source: 'journal', messageId: two.messageId }));
    expect(await flag(one)).toBe(false);
  });

  it('is one of two of a job that are proven in the same moment: the flag goes all the same', async () => {
    for (let round = 0; round < 5; round += 1) {
      const one = await mails.mailed({ provider: 'listmonk', proven: false, over: round % 2 === 0 });
      const two = await mails.mailed({ of: one, provider: 'listmonk', proven: false, kind: 'files_ready' });
      await raise(one);
      await Promise.all(
        [one, two].map(({ messageId }) =>
          mails.note(heard('delivered', { provider: 'listmonk', messageId })),
        ),
      );
      expect(await flag(one)).toBe(false);
    }
  });
});

describe('two who note at the same time', () => {
  it('neither wait for each other for ever nor count anything twice', async () => {
    const many = await Promise.all(
      Array.from({ length: 12 }, (_, no) =>
        mails.mailed(
          no % 3 === 0
            ? { state: 'unknown', attempts: [{ provider: 'smtp', outcome: 'unknown' }] }
            : { proven: no % 3 === 1, to: `b${no}@busy.example` },
        ),
      ),
    );
    const evidence = many.flatMap(({ messageId }) => [
      heard('bounced', { messageId, bounce: { permanence: 'hard', cause: 'policy', status: '5.7.1' } }),
      heard('delivered', { messageId }),
    ]);
    const told = await Promise.all([
      mails.note(...evidence),
      mails.note(...evidence.toReversed()),
      mails.note(...evidence.filter((_, no) => no % 2 === 0)),
    ]);
    expect(told.flatMap((one) => one.heard).reduce((sum, { count }) => sum + count, 0)).toBe(evidence.length);
    expect(told.reduce((sum, { woken }) => sum + woken, 0)).toBe(4);
    const [standing] = await mails.rows(
      `select refusals from fulfillment.mail_domain_standings where domain = 'busy.example'`,
    );
    expect(standing).toEqual({ refusals: 8 });
  });
});

describe('a mail whose sender’s domain has changed since', () => {
  const renamed = (messageId: string) => messageId.replace(/@.*/, '@renamed.example>');

  it('is found by what stands before the @ of its Message-ID', async () => {
    const mail = await mails.mailed();
    await mails.note(heard('delivered', { messageId: renamed(mail.messageId), provider: null }));
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delivered');
  });

  it('is found with its answer by evidence that came before', async () => {
    const mail = await mails.mailed({
      state: 'queued',
      attempts: [{ provider: 'smtp', outcome: 'refused' }],
    });
    await mails.note(heard('delivered', { messageId: renamed(mail.messageId) }));
    expect((await mails.mailOf(mail.mailId)).delivery).toBeNull();
    await inTransaction(mails.worker, async (tx) => {
      const { logicalKey } = mail;
      const told = {
        outcome: 'accepted',
        final: true,
        finalHere: true,
        proven: true,
        byPolicy: false,
      } as const;
      await recordResults(tx, [{ logicalKey, provider: 'smtp', detail: '250 ok', ...told }]);
    });
    expect((await mails.mailOf(mail.mailId)).delivery).toBe('delivered');
  });
});

describe('how a provider fares at a domain', () => {
  const refusals = async (domain: string) =>
    (
      await mails.rows<{ refusals: number }>(
        'select refusals from fulfillment.mail_domain_standings where domain = $1',
        [domain],
      )
    )[0]?.refusals;
  const policy = { permanence: 'hard', cause: 'policy', status: '5.7.1' } as const;

  it.each([
    ['a list of its own that the address stands on, or its quota', { permanence: 'hard', cause: 'policy' }],
    ['our sender’s address', { permanence: 'hard', cause: 'policy', status: '5.1.8' }],
  ] as const)('is no refusal for a mail that came back because of %s', async (_why, bounce) => {
    const mail = await mails.mailed({ to: 'a@counted-not.example' });
    await mails.note(heard('bounced', { messageId: mail.messageId, bounce }));
    expect(await refusals('counted-not.example')).toBeUndefined();
  });

  it('is a refusal for each mail that came back by policy, however many tell of it', async () => {
    const to = 'anna@Strict.example';
    const [one, two] = [await mails.mailed({ to }), await mails.mailed({ to })];
    await mails.note(
      heard('bounced', { messageId: one.messageId, bounce: policy }),
      heard('bounced', { messageId: one.messageId, bounce: policy, provider: null, source: 'list' }),
    );
    await mails.note(heard('bounced', { messageId: one.messageId, bounce: policy, source: 'third' }));
    expect(await refusals('strict.example')).toBe(1);
    await mails.note(heard('bounced', { messageId: two.messageId, bounce: policy }));
    expect(await refusals('strict.example')).toBe(2);
    await mails.note(heard('bounced', { messageId: (await mails.mailed({ to })).messageId }));
    expect(await refusals('strict.example')).toBe(2);
  });

  it('is forgotten with a delivery after the last refusal, and not with one from before', async () => {
    const to = 'anna@calm.example';
    const [one, two] = [await mails.mailed({ to }), await mails.mailed({ to })];
    await mails.note(heard('bounced', { messageId: one.messageId, bounce: policy }));
    await mails.note(heard('delivered', { messageId: two.messageId, at: new Date(Date.now() - 60_000) }));
    expect(await refusals('calm.example')).toBe(1);
    await mails.note(heard('delivered', { messageId: two.messageId }));
    expect(await refusals('calm.example')).toBeUndefined();
  });
});
