import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../src/ports/identity.ts';
import { createPool } from '../../src/store/connection.ts';
import { createShelfStore } from '../../src/store/shelf/shelfStore.ts';
import { insertCreditNote, insertOpenJob } from '../builders/ownedEbook.ts';
import { bearerOf, copyBytes, startShelfStack, type ShelfStack } from '../builders/shelfStack.ts';

let stack: ShelfStack;

beforeAll(async () => {
  stack = await startShelfStack();
});

afterAll(() => stack.stop());

const verified = (email: string): Identity => ({ subject: 'auth0|nobody', email, emailVerified: true });

async function shelfOf(identity: Identity) {
  const answer = await stack.server.inject({ method: 'GET', url: '/v1/shelf', headers: bearerOf(identity) });
  return answer.json<{ items: Array<Record<string, unknown>>; notice?: string }>();
}

const mint = (identity: Identity, entitlementId: string, format = 'pdf') =>
  stack.server.inject({
    method: 'POST',
    url: `/v1/shelf/${entitlementId}/download`,
    headers: bearerOf(identity),
    payload: { format },
  });

describe('the shelf', () => {
  it('shows its owner what was bought, however the address is written', async () => {
    const ebook = await stack.givenEbook({ title: 'Cień wiatru', stored: ['pdf'] });
    const shelf = await shelfOf(verified(ebook.email.toUpperCase()));
    expect(shelf).toEqual({
      items: [
        {
          id: ebook.entitlementId,
          productId: ebook.productId,
          title: 'Cień wiatru',
          language: 'en',
          status: 'active',
          formats: [
            { format: 'pdf', status: 'ready', sizeBytes: copyBytes.length, lastDownloadAt: null },
            { format: 'epub', status: 'unavailable', lastDownloadAt: null },
          ],
          purchasedAt: expect.stringMatching(/^20\d\d-.*Z$/),
          orderId: ebook.orderId,
          lastDownloadAt: null,
          mail: { canAsk: false, againAt: null },
          receiptUrl: `https://books.example/r/${stack.tokens.write('receipt-page', ebook.paymentId)}`,
        },
      ],
    });
  });

  it('shows another buyer nothing of it', async () => {
    await stack.givenEbook();
    expect(await shelfOf(verified('somebody-else@example.com'))).toEqual({ items: [] });
  });

  it('is empty for an unverified address, and says why', async () => {
    const ebook = await stack.givenEbook();
    const unverified: Identity = { subject: 'auth0|x', email: ebook.email, emailVerified: false };
    expect(await shelfOf(unverified)).toEqual({ items: [], notice: 'email_not_verified' });
  });

  it('knows its owner by the linked subject, whatever the address says', async () => {
    const ebook = await stack.givenEbook({ subject: 'auth0|linked-1' });
    for (const identity of [
      { subject: 'auth0|linked-1', email: 'new-address@example.com', emailVerified: false },
      { subject: 'auth0|linked-1', email: null, emailVerified: false },
    ]) {
      expect((await shelfOf(identity)).items.map((item) => item['id'])).toEqual([ebook.entitlementId]);
    }
  });

  it('lets a guest in by the verified address, and says that the claim is pending', async () => {
    const ebook = await stack.givenEbook({ state: 'pending_claim' });
    const [item] = (await shelfOf(verified(ebook.email))).items;
    expect(item).toMatchObject({ status: 'active', claim: 'pending' });
  });

  it('shows what is being prepared, and what it waits for', async () => {
    const ebook = await stack.givenEbook({ state: 'processing', stored: ['epub'], receipt: false });
    await insertOpenJob(stack.admin, ebook);
    const [item] = (await shelfOf(verified(ebook.email))).items;
    expect(item).toMatchObject({
      status: 'processing',
      awaiting: ['files'],
      formats: [
        { format: 'pdf', status: 'processing', lastDownloadAt: null },
        { format: 'epub', status: 'processing', sizeBytes: copyBytes.length, lastDownloadAt: null },
      ],
      orderId: null,
    });
    expect(item).not.toHaveProperty('receiptUrl');
  });

  it.each([
    ['is worked on', 'open', undefined, 'waiting', 'processing'],
    ['waits for a person elsewhere in the order', 'blocked', 'done', 'waiting', 'processing'],
    ['is held', 'held', undefined, 'waiting', 'processing'],
    ['waits for a person', 'blocked', 'blocked', 'blocked', 'unavailable'],
    ['has failed for good', 'failed', 'failed', 'failed', 'unavailable'],
    ['was given up with the rest of its step', 'open', undefined, 'failed', 'unavailable'],
    ['never came, though all is done', 'completed', undefined, 'done', 'unavailable'],
    ['was cancelled', 'cancelled', undefined, 'waiting', 'unavailable'],
  ])('says of a copy that %s', async (_what, job, effect, step, status) => {
    const ebook = await stack.givenEbook({ state: 'active', stored: ['epub'] });
    const jobId = await insertOpenJob(stack.admin, ebook, job);
    await stack.admin.query(
      `insert into fulfillment.fulfillment_job_steps (job_id, step, state, reason, lease_token) values ($1, 'storage', $2, 'r', 1)`,
      [jobId, step],
    );
    if (effect === 'blocked' || effect === 'failed')
      await stack.admin.query(
        `insert into fulfillment.fulfillment_job_effects (job_id, step, effect_key, state, reason, lease_token)
         values ($1, 'storage', 'copy:1:pdf', $2, 'master_unusable', 1)`,
        [jobId, effect],
      );
    const [item] = (await shelfOf(verified(ebook.email))).items;
    expect(item?.['formats']).toMatchObject([
      { format: 'pdf', status },
      { format: 'epub', status: 'ready' },
    ]);
    expect(item?.['awaiting']).toEqual(status === 'processing' ? ['files'] : undefined);
  });

  it('tells of each format when a person has downloaded it last', async () => {
    const ebook = await stack.givenEbook();
    const times = ['2026-11-01T10:00:00.000Z', '2026-11-02T10:00:00.000Z'];
    for (const [at, format, program] of [
      [times[0], 'pdf', false],
      [times[1], 'epub', false],
      ['2026-11-03T10:00:00.000Z', 'pdf', true],
    ])
      await stack.admin.query(
        `with link as (
           insert into fulfillment.download_links (entitlement_id, format, origin, expires_at)
           values ($1, $2, 'shelf', clock_timestamp()) returning id)
         insert into fulfillment.downloads (link_id, entitlement_id, format, at, storage_key, program)
         select link.id, $1, $2, $3, 'k', $4 from link`,
        [ebook.entitlementId, format, at, program],
      );
    const [item] = (await shelfOf(verified(ebook.email))).items;
    expect(item).toMatchObject({
      formats: [{ lastDownloadAt: times[0] }, { lastDownloadAt: times[1] }],
      lastDownloadAt: times[1],
    });
  });

  it('lists the credit notes of the purchase, in the order in which they were issued', async () => {
    const ebook = await stack.givenEbook();
    const credit = await insertCreditNote(stack.admin, ebook);
    const reversal = await insertCreditNote(stack.admin, ebook, {
      kind: 'reversal',
      refundId: credit.refundId,
    });
    const [item] = (await shelfOf(verified(ebook.email))).items;
    const shown = ({ id, number }: { id: string; number: number }, kind: string) => ({
      number: `C-2026/${String(number).padStart(6, '0')}`,
      kind,
      issuedAt: expect.stringMatching(/^20\d\d-.*Z$/),
      url: `https://books.example/c/${stack.tokens.write('credit-note-page', id)}`,
    });
    expect(item?.['creditNotes']).toEqual([shown(credit, 'credit'), shown(reversal, 'reversal')]);
  });

  it('does not list what was taken back', async () => {
    const ebook = await stack.givenEbook({ state: 'revoked' });
    expect(await shelfOf(verified(ebook.email))).toEqual({ items: [] });
  });

  it('has the latest purchase on top', async () => {
    const first = await stack.givenEbook();
    const second = await stack.givenEbook({ email: first.email });
    const { items } = await shelfOf(verified(first.email));
    expect(items.map((item) => item['id'])).toEqual([second.entitlementId, first.entitlementId]);
  });
});

describe('a credit note', () => {
  const open = (path: string) => stack.server.inject({ method: 'GET', url: path });

  it('is opened by its own link, as a page and as a file, also when all was taken back', async () => {
    const ebook = await stack.givenEbook({ state: 'revoked' });
    const { id, number, refundId } = await insertCreditNote(stack.admin, ebook);
    const token = stack.tokens.write('credit-note-page', id);
    expect((await open(`/c/${token}`)).body).toContain(refundId);
    const file = await open(`/c/${token}.pdf`);
    expect(file.body).toContain(refundId);
    expect(file.headers['content-disposition']).toContain(`C-2026-${String(number).padStart(6, '0')}.pdf`);
  });

  it('is not opened by the link of its receipt', async () => {
    const ebook = await stack.givenEbook();
    await insertCreditNote(stack.admin, ebook);
    const token = stack.tokens.write('receipt-page', ebook.paymentId);
    expect((await open(`/r/${token}`)).statusCode).toBe(200);
    expect((await open(`/c/${token}`)).statusCode).toBe(404);
  });
});

describe('a fresh link', () => {
  it('is given to the owner for 48 hours, and leads to the book', async () => {
    const ebook = await stack.givenEbook();
    const answer = await mint(verified(ebook.email), ebook.entitlementId);
    expect(answer.statusCode).toBe(201);
    const { url, expiresAt } = answer.json<{ url: string; expiresAt: string }>();
    const hoursLeft = (Date.parse(expiresAt) - Date.now()) / 3_600_000;
    expect(hoursLeft).toBeGreaterThan(47.9);
    expect(hoursLeft).toBeLessThan(48.1);
    expect((await stack.click(new URL(url).pathname.slice('/d/'.length))).statusCode).toBe(200);
    const [item] = (await shelfOf(verified(ebook.email))).items;
    expect(Date.parse(String(item?.['lastDownloadAt']))).toBeGreaterThan(Date.now() - 60_000);
  });

  it('is refused to others in the words used for ids that do not exist', async () => {
    const ebook = await stack.givenEbook();
    const others = await mint(verified('somebody-else@example.com'), ebook.entitlementId);
    const nobodys = await mint(verified(ebook.email), '0193a5f2-7c1e-7abc-8def-0123456789ab');
    expect(others.statusCode).toBe(404);
    expect({ ...others.json<object>(), requestId: '' }).toEqual({ ...nobodys.json<object>(), requestId: '' });
  });

  it('is refused to an unverified address, whoever owns the ebook', async () => {
    const ebook = await stack.givenEbook();
    const answer = await mint({ ...verified(ebook.email), emailVerified: false }, ebook.entitlementId);
    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'email_not_verified' });
  });

  it.each([
    ['processing', 409],
    ['revoked', 403],
  ] as const)('is refused while the ebook is %s', async (state, status) => {
    const ebook = await stack.givenEbook({ state });
    const answer = await mint(verified(ebook.email), ebook.entitlementId);
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ code: state });
  });

  it('is refused for a format that was not bought', async () => {
    const ebook = await stack.givenEbook({ formats: ['pdf'] });
    const answer = await mint(verified(ebook.email), ebook.entitlementId, 'epub');
    expect(answer.json()).toMatchObject({ code: 'format_not_offered', remedy: 'Choose one of: pdf.' });
  });
});

describe('the shelf’s role', () => {
  it('can write links and downloads and nothing else', async () => {
    const ebook = await stack.givenEbook();
    for (const statement of [
      `update fulfillment.ebook_entitlements set state = 'active' where id = '${ebook.entitlementId}'`,
      `update fulfillment.download_links set expires_at = 'infinity'`,
      `delete from fulfillment.downloads`,
      `insert into fulfillment.profiles (canonical_email, email) values ('a@b.c', 'a@b.c')`,
      `select 1 from fulfillment.stripe_events`,
      `select 1 from fulfillment.email_messages`,
    ]) {
      await expect(stack.pool.query(statement)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('is a passing fault to buyers while the database is away', async () => {
    const away = createPool({
      connectionString: 'postgres://x:x@127.0.0.1:1/x',
      applicationName: 'x',
      connectionsMax: 1,
    });
    const store = createShelfStore(away);
    await expect(store.isLinked('auth0|1')).rejects.toMatchObject({
      kind: 'transient',
      reason: 'database_unavailable',
    });
    await away.end();
  });
});
