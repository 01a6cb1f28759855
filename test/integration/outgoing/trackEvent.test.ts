import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTrackEvent, trackPlan } from '../../../src/steps/trackEvent.ts';
import { enqueueTracked } from '../../../src/store/outgoing/enqueueTracked.ts';
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

describe('an event that a room has told', () => {
  it.each(['intake', 'shelf', 'worker', 'operations'] as const)('is made once by %s', async (duty) => {
    const pool = stack.poolAs(`fulfillment_${duty}`, 1);
    const event = { name: 'entitlement.claim_initiated', subjectKey: randomUUID(), properties: {} } as const;
    await enqueueTracked(pool, event);
    await enqueueTracked(pool, event);
    expect(await jobsLike(`%:${event.subjectKey}`)).toHaveLength(1);
  });

  it.each([
    ['another name', 'entitlement.looked_at', {}],
    ['an address', 'entitlement.download', { language: 'jan@example.pl' }],
    ['another property', 'entitlement.download', { email: 'jan' }],
    ['a number', 'entitlement.download', { format: 5 }],
  ])('is refused with %s', async (_what, name, properties) => {
    const asked = shelf.query('select fulfillment.track($1, $2, $3)', [
      name,
      'x',
      JSON.stringify(properties),
    ]);
    await expect(asked).rejects.toMatchObject({ code: '23514' });
  });
});
