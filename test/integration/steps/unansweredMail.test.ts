import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { Mailer, OutgoingMail } from '../../../src/ports/mailer.ts';
import type { Step } from '../../../src/ports/step.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, startFulfilStack, type Bought, type FulfilStack } from '../../builders/fulfilStack.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { createMemoryMailer } from '../../fakes/memoryMailer.ts';

let stack: FulfilStack;

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(aBook('calm-checkout', 'price_1'));
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

interface SeenMail {
  state: string;
  ambiguities: number;
  has_bytes: boolean;
  message_id: string;
  reference: string | null;
  attempts: Array<string | null>;
}

const mailOf = async (bought: Pick<Bought, 'orderId'>, kind = 'receipt'): Promise<SeenMail | undefined> => {
  const [row] = await stack.rows<SeenMail>(
    `select m.state, m.ambiguities, m.bytes is not null as has_bytes, m.message_id, m.reference,
            array(select a.outcome from fulfillment.email_attempts a where a.message_id = m.id order by a.attempt) as attempts
       from fulfillment.email_messages m where m.logical_key = $1`,
    [`${kind}:${bought.orderId}`],
  );
  return row;
};

const takenFor = (mailer: { taken: ReadonlyArray<{ messageId: string }> }, seen: SeenMail | undefined) =>
  mailer.taken.filter(({ messageId }) => messageId === seen?.message_id);

/** What goes over the wire. */
const wire = (mail: OutgoingMail | undefined) =>
  mail && [mail.from, mail.to, mail.messageId, Buffer.from(mail.bytes).toString('base64')];

const withoutFiles = (step: Step) =>
  ['storage', 'late_files_email', 'analytics'].includes(step.name) ? undefined : step;
const mailing = (mailer: Mailer, fields: object = {}) =>
  stack.startFulfilling({ mailer, change: withoutFiles, ...fields });

describe('a mail whose answer was lost, with a journal to look it up in', () => {
  it('is found and not sent again', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'lose_answer', taken: true });
    const { buy, mailTold } = mailing(mailer);
    const bought = await buy();
    const job = await stack.untilOver(bought.jobId);
    const seen = await mailOf(bought);
    expect(seen).toMatchObject({
      state: 'accepted',
      ambiguities: 0,
      has_bytes: false,
      attempts: ['unknown'],
    });
    expect(job.effects[`receipt:${bought.orderId}`]?.evidence).toMatchObject({ evidence: 'journal' });
    expect([mailer.attempts.length, takenFor(mailer, seen).length]).toEqual([1, 1]);
    expect(mailTold.events).toEqual([]);
  });

  it('is sent again when the journal has had its time and does not show it', async () => {
    const mailer = createMemoryMailer({ lookupLagMs: 60 });
    mailer.script({ then: 'lose_answer', taken: false });
    const { buy } = mailing(mailer);
    const startedMs = Date.now();
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    const seen = await mailOf(bought);
    // A journal that shows nothing is good reason to send again, and no proof: the books say that it may be the second.
    expect(seen).toMatchObject({ state: 'accepted', ambiguities: 1, attempts: ['unknown', 'accepted'] });
    expect([mailer.attempts.length, takenFor(mailer, seen).length]).toEqual([2, 1]);
    expect(wire(mailer.attempts[1])).toEqual(wire(mailer.attempts[0]));
    expect(Date.now() - startedMs).toBeGreaterThanOrEqual(60);
  });

  it('is found late, when the journal shows it only after a while', async () => {
    const mailer = createMemoryMailer({ lookupLagMs: 5_000 });
    mailer.script({ then: 'lose_answer', taken: true });
    let looks = 0;
    const { buy } = mailing({
      ...mailer,
      find: async (messageId, signal) => {
        looks += 1;
        return looks < 3 ? undefined : mailer.find?.(messageId, signal);
      },
    });
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    expect([mailer.attempts.length, looks]).toEqual([1, 3]);
    expect((await mailOf(bought))?.state).toBe('accepted');
  });

  it.each(['transient', 'needs_human'] as const)(
    'is not sent again while the journal cannot be read (%s)',
    async (kind) => {
      const mailer = createMemoryMailer();
      mailer.script({ then: 'lose_answer', taken: true });
      let looks = 0;
      const { buy } = mailing({
        ...mailer,
        find: async (messageId, signal) => {
          looks += 1;
          if (looks < 4) throw new Fault(aFault({ kind, reason: 'imap_unreachable', retryAfterMs: 5 }));
          return mailer.find?.(messageId, signal);
        },
      });
      const bought = await buy();
      await stack.untilOver(bought.jobId);
      expect(mailer.attempts).toHaveLength(1);
      expect(await mailOf(bought)).toMatchObject({ state: 'accepted', attempts: ['unknown'] });
    },
  );

  it('is found by the successor of a worker that died before it heard the answer', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'take_and_hang' });
    const first = mailing(mailer);
    const bought = await first.buy();
    await eventually(() => mailer.taken.length === 1);
    await first.stop(0);
    expect(await mailOf(bought)).toMatchObject({ state: 'queued', attempts: [null] });
    mailing(mailer, { plan: first.plan });
    await stack.untilOver(bought.jobId);
    const seen = await mailOf(bought);
    expect(seen?.state).toBe('accepted');
    expect([mailer.attempts.length, takenFor(mailer, seen).length]).toEqual([1, 1]);
  });

  it('is found when the provider took it and hung until the deadline', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'take_and_hang' });
    const { buy } = mailing(mailer, { mailTimeoutMs: 60 });
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    expect(mailer.attempts).toHaveLength(1);
    expect(await mailOf(bought)).toMatchObject({ state: 'accepted', attempts: ['unknown'] });
  });

  it('is found when it was our own code that broke after the answer', async () => {
    const mailer = createMemoryMailer();
    let breaks = 1;
    const { buy } = mailing({
      ...mailer,
      send: async (mail, signal) => {
        const acceptance = await mailer.send(mail, signal);
        if (breaks-- > 0) throw new TypeError('reading the answer');
        return acceptance;
      },
    });
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    expect(mailer.attempts).toHaveLength(1);
    expect(await mailOf(bought)).toMatchObject({ state: 'accepted', attempts: ['unknown'] });
  });
});

describe('a mail whose answer was lost, with nobody to ask', () => {
  it('is repeated once, the same to the byte, and the ambiguity stands in the books', async () => {
    const mailer = createMemoryMailer({ lookup: 'none' });
    mailer.script({ then: 'lose_answer', taken: true });
    const { buy, mailTold } = mailing(mailer);
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    const seen = await mailOf(bought);
    expect(seen).toMatchObject({ state: 'accepted', ambiguities: 1, attempts: ['unknown', 'accepted'] });
    expect(wire(mailer.attempts[1])).toEqual(wire(mailer.attempts[0]));
    expect(takenFor(mailer, seen).length).toBeLessThanOrEqual(1 + (seen?.ambiguities ?? 0));
    expect(mailTold.events).toEqual([
      {
        name: 'mail.ambiguous',
        jobId: bought.jobId,
        logicalKey: `receipt:${bought.orderId}`,
        provider: 'memory',
      },
    ]);
  });

  it('is for a human when the repeat is lost too, and is not sent again by any recheck', async () => {
    const mailer = createMemoryMailer({ lookup: 'none' });
    mailer.otherwise({ then: 'lose_answer', taken: true });
    const { buy, worker } = mailing(mailer);
    const bought = await buy();
    expect(await stack.untilState(bought.jobId, 'blocked')).toMatchObject({ reason: 'mail_outcome_unknown' });
    for (let rechecks = 0; rechecks < 3; rechecks += 1) {
      const token = (await stack.see(bought.jobId)).dispatch?.token ?? 0;
      await stack.importBooks();
      worker.wake();
      await stack.until(
        bought.jobId,
        ({ dispatch }) => (dispatch?.token ?? 0) > token && dispatch?.worker === null,
      );
    }
    const seen = await mailOf(bought);
    expect(seen).toMatchObject({
      state: 'unknown',
      ambiguities: 1,
      has_bytes: true,
      attempts: ['unknown', 'unknown'],
    });
    expect(takenFor(mailer, seen)).toHaveLength(2);
    expect((await stack.see(bought.jobId)).timeline.filter((line) => line === 'job.blocked')).toHaveLength(1);
  });

  it('is no ambiguity when the provider answers a clear no to the repeat', async () => {
    const mailer = createMemoryMailer({ lookup: 'none' });
    mailer.script(
      { then: 'lose_answer', taken: false },
      { then: 'refuse', fault: aFault() },
      { then: 'refuse', fault: aFault() },
    );
    const { buy } = mailing(mailer);
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    expect(await mailOf(bought)).toMatchObject({
      state: 'accepted',
      ambiguities: 1,
      attempts: ['unknown', 'refused', 'refused', 'accepted'],
    });
  });
});
