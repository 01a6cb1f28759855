import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Mailer } from '../../../src/ports/mailer.ts';
import type { Step } from '../../../src/ports/step.ts';
import { eventually } from '../../builders/engineStack.ts';
import { aBook, startFulfilStack, type Bought, type FulfilStack } from '../../builders/fulfilStack.ts';
import { gate, preparing } from '../../builders/steps.ts';
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

const withoutFiles = (step: Step) =>
  ['storage', 'late_files_email', 'analytics'].includes(step.name) ? undefined : step;
const mailing = (mailer: Mailer, fields: object = {}) =>
  stack.startFulfilling({ mailer, change: withoutFiles, ...fields });

describe('the receipt mail', () => {
  it('is announced in committed rows before the socket opens', async () => {
    const mailer = createMemoryMailer();
    const found: unknown[] = [];
    const { buy } = mailing({
      ...mailer,
      send: async (mail, signal) => {
        found.push(
          ...(await stack.rows(
            `select m.state, a.outcome, a.attempt, e.state as effect, m.bytes = $2 as same_bytes,
                    (select count(*)::int from fulfillment.download_links l where l.mail_key = m.logical_key) as links
               from fulfillment.email_messages m join fulfillment.email_attempts a on a.message_id = m.id
               join fulfillment.fulfillment_job_effects e on e.effect_key = m.logical_key
              where m.message_id = $1`,
            [mail.messageId, Buffer.from(mail.bytes)],
          )),
        );
        return mailer.send(mail, signal);
      },
    });
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    expect(found).toEqual([
      { state: 'queued', outcome: null, attempt: 1, effect: 'intended', same_bytes: true, links: 2 },
    ]);
  });

  it('is proven by the provider’s word, and its bytes are dropped then', async () => {
    const mailer = createMemoryMailer();
    const { buy } = mailing(mailer);
    const bought = await buy();
    const job = await stack.untilOver(bought.jobId);
    expect(await mailOf(bought)).toMatchObject({
      state: 'accepted',
      ambiguities: 0,
      has_bytes: false,
      attempts: ['accepted'],
      reference: 'memory 1',
    });
    expect(job.effects[`receipt:${bought.orderId}`]?.evidence).toEqual({
      provider: 'memory',
      reference: 'memory 1',
      evidence: 'answer',
    });
    expect(mailer.taken).toMatchObject([{ to: 'jan@example.pl', from: 'zakupy@lektura.example' }]);
  });

  it('is sent again when it was certainly not taken: the same bytes under the same Message-ID', async () => {
    const mailer = createMemoryMailer();
    mailer.script(
      { then: 'refuse', fault: aFault({ reason: 'smtp_deferred' }) },
      { then: 'refuse', fault: aFault({ kind: 'rate_limited' }) },
    );
    const { buy } = mailing(mailer);
    const bought = await buy();
    await stack.untilOver(bought.jobId);
    expect(await mailOf(bought)).toMatchObject({
      state: 'accepted',
      ambiguities: 0,
      attempts: ['refused', 'refused', 'accepted'],
    });
    expect(new Set(mailer.attempts.map(({ messageId }) => messageId)).size).toBe(1);
    expect(new Set(mailer.attempts.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).size).toBe(1);
  });

  it('is given up when the provider refuses it for good, and the job has failed by it', async () => {
    const mailer = createMemoryMailer();
    mailer.script({ then: 'refuse', fault: aFault({ kind: 'permanent', reason: 'mailbox_refused' }) });
    const { buy } = mailing(mailer);
    const bought = await buy();
    expect(await stack.untilOver(bought.jobId)).toMatchObject({
      state: 'failed',
      failedStep: 'email',
      reason: 'mailbox_refused',
    });
    expect(await mailOf(bought)).toMatchObject({ state: 'refused', attempts: ['refused'] });
    expect(mailer.attempts).toHaveLength(1);
  });

  it.each(['before it is rendered', 'while it is rendered'])(
    'is not sent when the payment is taken back %s',
    async (moment) => {
      const mailer = createMemoryMailer();
      const rendering = gate();
      const goOn = gate();
      const { buy } = mailing(mailer, {
        change: (step: Step) => {
          if (step.name !== 'email' || step.kind !== 'outside') return withoutFiles(step);
          return {
            ...step,
            prepare: async (...given: Parameters<ReturnType<typeof preparing>>) => {
              const early = moment.startsWith('while') ? await preparing(step)(...given) : undefined;
              rendering.open();
              await goOn.passed;
              return early ?? preparing(step)(...given);
            },
          };
        },
      });
      const bought = await buy();
      await rendering.passed;
      await stack.rows(`update fulfillment.payments set facts = '{"taken_back": true}' where order_id = $1`, [
        bought.orderId,
      ]);
      goOn.open();
      const job = await stack.untilOver(bought.jobId);
      expect(job.effects[`receipt:${bought.orderId}`]).toMatchObject({
        state: 'done',
        evidence: { skipped: 'payment_taken_back' },
      });
      expect(mailer.attempts).toEqual([]);
      expect(await mailOf(bought)).toBeUndefined();
    },
  );
});

describe('the second mail', () => {
  it('is not sent when the files were there in time', async () => {
    const mailer = createMemoryMailer();
    const { buy } = stack.startFulfilling({ mailer });
    const bought = await buy();
    const job = await stack.untilOver(bought.jobId);
    expect(job.effects[`files-ready:${bought.orderId}`]?.evidence).toEqual({ skipped: 'files_were_in_time' });
    expect(mailer.taken).toHaveLength(1);
  });

  it('is sent when they were late, after them, once', async () => {
    const mailer = createMemoryMailer();
    const filesMay = gate();
    const { buy } = stack.startFulfilling({
      mailer,
      lateAfterMs: 30,
      change: (step) =>
        step.name === 'storage' && step.kind === 'outside'
          ? { ...step, prepare: async (...given) => (await filesMay.passed, preparing(step)(...given)) }
          : step,
    });
    const bought = await buy();
    await stack.until(bought.jobId, (job) => job.steps['email']?.state === 'done');
    const acceptedMs = Date.now();
    await eventually(() => Date.now() - acceptedMs > 40);
    expect(mailer.taken).toHaveLength(1);
    filesMay.open();
    expect((await stack.untilOver(bought.jobId)).state).toBe('completed');
    expect(mailer.taken).toHaveLength(2);
    expect(await mailOf(bought, 'files-ready')).toMatchObject({ state: 'accepted', attempts: ['accepted'] });
    expect(new Set(mailer.taken.map(({ messageId }) => messageId)).size).toBe(2);
  });
});
