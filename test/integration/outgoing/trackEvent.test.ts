import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTrackEvent, trackPlan } from '../../../src/steps/trackEvent.ts';
import { setOutgoing } from '../../../src/store/outgoing/setOutgoing.ts';
import { startEngineStack } from '../../builders/engineStack.ts';
import { insertMailLink, insertOwnedEbook, type OwnedEbookSpec } from '../../builders/ownedEbook.ts';
import { aFault } from '../../fakes/faultScript.ts';
import { createRecordingAnalytics } from '../../fakes/recordingAnalytics.ts';

const retry = { baseMs: 5, capMs: 20, attemptsMax: 20, retryAfterCapMs: 40 };
type Stack = Awaited<ReturnType<typeof startEngineStack>>;

let stack: Stack;
let shelf: ReturnType<Stack['poolAs']>;
beforeAll(async () => {
  stack = await startEngineStack();
  shelf = stack.poolAs('fulfillment_shelf');
  await tell(true);
});
afterEach(() => stack.stopWorkers());
afterAll(() => stack.stop());

const tell = (enabled: boolean) =>
  setOutgoing(stack.poolAs('fulfillment_worker', 1), {
    plan: trackPlan,
    enabled,
    slaSeconds: 60,
    startDate: new Date(0),
  });

const jobsLike = (pattern: string) =>
  stack.rows<{ id: string; subject_key: string }>(
    `select id, subject_key from fulfillment.fulfillment_jobs where kind = 'track' and subject_key like $1`,
    [pattern],
  );

async function download(spec: OwnedEbookSpec = {}) {
  const ebook = await insertOwnedEbook(stack.admin, spec);
  const linkId = await insertMailLink(stack.admin, ebook);
  const id = randomUUID();
  await shelf.query(
    `insert into fulfillment.downloads (id, link_id, entitlement_id, format, storage_key) values ($1, $2, $3, 'pdf', 'k')`,
    [id, linkId, ebook.entitlementId],
  );
  return { ...ebook, subject: `entitlement.download:${id}` };
}

function startTracking() {
  const analytics = [createRecordingAnalytics('plausible'), createRecordingAnalytics('posthog')] as const;
  stack.startWorker(trackPlan, [{ ...createTrackEvent(analytics, 'live'), retry }]);
  return analytics;
}

describe('a download', () => {
  it('is told to both analytics once, by its id, with codes and nobody’s address', async () => {
    const [plausible, posthog] = startTracking();
    plausible.fail(aFault({ provider: 'plausible' }));
    const { subject, productId } = await download({ language: 'pl' });
    const [job] = await jobsLike(subject);
    await stack.untilOver(job?.id ?? '');
    const event = {
      id: subject,
      name: 'entitlement.download',
      occurredAt: expect.any(Date),
      properties: { product_id: productId, format: 'pdf', language: 'pl' },
    };
    expect(plausible.events).toEqual([event]);
    expect(posthog.events).toEqual([event]);
  });

  it('that we stream is told when it has gone out whole, and once', async () => {
    const ebook = await insertOwnedEbook(stack.admin, {});
    const linkId = await insertMailLink(stack.admin, ebook);
    const deliver = async (sentBytes: number, program = false) => {
      const begun = { linkId, storageKey: 'k', by: 'stream', program, sizeBytes: 100, askedBytes: 100 };
      const { rows } = await shelf.query<{ download_id: string }>(
        'select download_id from fulfillment.begin_download($1, null, 10, 30)',
        [JSON.stringify(begun)],
      );
      const id = rows[0]?.download_id ?? '';
      for (let time = 0; time < 2; time += 1)
        await shelf.query('select fulfillment.end_download($1, $2)', [id, sentBytes]);
      return (await jobsLike(`entitlement.download:${id}`)).length;
    };
    // By a program; a half; the other half of it.
    expect([await deliver(100, true), await deliver(50), await deliver(50)]).toEqual([0, 0, 1]);
  });

  it('is told to nobody where there are no analytics', async () => {
    await tell(false);
    expect(await jobsLike((await download()).subject)).toEqual([]);
    await tell(true);
  });
});

describe('a claim', () => {
  it('that succeeds is told, and one that is refused is not', async () => {
    const { email } = await insertOwnedEbook(stack.admin, { state: 'pending_claim' });
    const claim = (subject: string) =>
      shelf.query('select * from fulfillment.claim_profile($1, $2, $3)', [subject, email, 'verified_email']);
    await claim(`auth0|${randomUUID()}`);
    await claim(`auth0|${randomUUID()}`);
    expect(await jobsLike('entitlement.claim_success:%')).toHaveLength(1);
  });
});

describe('a claim that is begun', () => {
  it('by asking for a code is told, unless there is nothing to claim', async () => {
    const { email, paymentId, profileId } = await insertOwnedEbook(stack.admin, {
      state: 'pending_claim',
      language: 'pl',
    });
    await stack.rows(
      `insert into fulfillment.fulfillment_jobs (kind, payment_id, plan_id, order_snapshot, sla_deadline, state, finished_at)
       select 'fulfil', $1, fulfillment.plan_id('{"name": "fulfil", "version": 1, "steps": []}'), '{}', clock_timestamp(),
              'completed', clock_timestamp()`,
      [paymentId],
    );
    for (const asked of [email, 'nobody@example.com'])
      await shelf.query('select * from fulfillment.ask_claim_code($1, $2)', ['auth0|asks', asked]);
    const [code] = await stack.rows<{ id: string }>(
      'select id from fulfillment.claim_codes where profile_id = $1',
      [profileId],
    );
    const jobs = await jobsLike('entitlement.claim_initiated:%');
    expect(jobs.map(({ subject_key: key }) => key)).toEqual([`entitlement.claim_initiated:${code?.id}`]);
  });
});

describe('an event that is told', () => {
  const worker = () => stack.poolAs('fulfillment_worker', 1);
  const track = (name: string, subjectKey: string, properties: object) =>
    worker().query('select fulfillment.track($1, $2, $3)', [name, subjectKey, JSON.stringify(properties)]);

  it('is made once', async () => {
    const subjectKey = randomUUID();
    for (let time = 0; time < 2; time += 1) await track('entitlement.claim_initiated', subjectKey, {});
    expect(await jobsLike(`%:${subjectKey}`)).toHaveLength(1);
  });

  it.each([
    ['another name', 'entitlement.looked_at', {}],
    ['an address', 'entitlement.download', { language: 'jan@example.pl' }],
    ['another property', 'entitlement.download', { email: 'jan' }],
    ['a number', 'entitlement.download', { format: 5 }],
  ])('is refused with %s', async (_what, name, properties) => {
    await expect(track(name, 'x', properties)).rejects.toMatchObject({ code: '23514' });
  });
});
