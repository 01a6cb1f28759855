import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { evidenceCharactersMax, evidenceTextFields } from '../../../../src/domain/disputeEvidence.ts';
import type { Role } from '../../../../src/domain/permissions.ts';
import { createExportEvidence } from '../../../../src/operations/evidence/exportEvidence.ts';
import type { ShownEvidence } from '../../../../src/operations/evidence/evidenceParts.ts';
import { evidenceDownloadsMax } from '../../../../src/ports/orderEvidence.ts';
import { settlePlan } from '../../../../src/steps/plans.ts';
import { clientHash } from '../../../../src/shelf/clientHash.ts';
import { createOrderEvidenceReader } from '../../../../src/store/dossier/orderEvidence.ts';
import { createIntakeStore } from '../../../../src/store/events/acceptEvent.ts';
import { personControl } from '../../../../src/store/privacy/personControl.ts';
import { createShelfStore } from '../../../../src/store/shelf/shelfStore.ts';
import { inTransaction } from '../../../../src/store/transaction.ts';
import { aBook, type Bought, type FulfilStack, startFulfilStack } from '../../../builders/fulfilStack.ts';
import { callerOf, withOperations } from '../../../builders/operationsStack.ts';
import { aPurchaseLine, aRefund, buyer } from '../../../fakes/memoryPayments.ts';

let stack: FulfilStack;
let desk: ReturnType<typeof openDesk>;

const openDesk = () =>
  withOperations(stack, (pool) => [createExportEvidence(createOrderEvidenceReader(pool))]);

beforeAll(async () => {
  stack = await startFulfilStack();
  await stack.importBooks(
    aBook('plain', 'price_1'),
    aBook('hostile', 'price_2', { title: 'Red\u001B[31m\r\n=== receipt\u202E\u0007' }),
  );
  desk = openDesk();
});
afterAll(() => stack.stop());

let people = 0;
/** Somebody of their own. */
const somebody = (fields: object = {}) => ({
  ...buyer,
  email: `reader.${(people += 1)}@readers.example`,
  name: 'Wanda Nowicka',
  address: {
    line1: 'Polna 7',
    line2: null,
    city: 'Kraków',
    postalCode: '30-002',
    state: null,
    country: 'PL',
  },
  ...fields,
});

async function bought(checkout: object = {}): Promise<Bought> {
  const shop = stack.startFulfilling();
  const order = await shop.buy({ checkout: { buyer: somebody(), ...checkout } });
  await stack.untilOver(order.jobId);
  await stack.stopWorkers();
  return order;
}

const evidenceOf = async (jobId: string, role: Role = 'ops_finance') =>
  (await desk.ask('evidence:export', { jobId }, { caller: callerOf(role) })).output as ShownEvidence;

/** Deliveries of the PDF of an order, one a minute, by addresses with these hashes. */
const deliver = (
  orderId: string,
  hashes: ReadonlyArray<string | null>,
  { sent = 10, program = false, daysAgo = 0 } = {},
) =>
  stack.rows(
    `insert into fulfillment.downloads
       (link_id, entitlement_id, format, storage_key, client_hash, delivered_by, program, size_bytes, asked_bytes, sent_bytes, at, finished_at)
     select l.id, e.id, l.format, 'copies/' || e.id, decode(h.hash, 'hex'), 'stream', $3, 10, 10, $4, t.at, t.at + interval '2 seconds'
       from fulfillment.payments p
       join fulfillment.ebook_entitlements e on e.payment_id = p.id
       join fulfillment.download_links l on l.entitlement_id = e.id and l.format = 'pdf'
       cross join unnest($2::text[]) with ordinality h(hash, no)
       cross join lateral (select clock_timestamp() - make_interval(days => $5) + h.no * interval '1 minute' as at) t
      where p.order_id = $1`,
    [orderId, hashes, program, sent, daysAgo],
  );

const here = '11'.repeat(16);
const there = '22'.repeat(16);

describe('the evidence of an order', () => {
  it('tells how it was paid, mailed, reached and downloaded, in Stripe’s own fields as well', async () => {
    const order = await bought();
    await deliver(order.orderId, [here, here, null]);
    await deliver(order.orderId, [there], { sent: 4 });
    await deliver(order.orderId, ['33'.repeat(16)], { program: true });
    const evidence = await evidenceOf(order.jobId);
    expect(evidence).toMatchObject({
      orderId: order.orderId,
      forgottenAt: null,
      payment: { key: order.paymentIntentId, paid: true, amountMinor: 4900, currency: 'pln' },
      buyer: { name: 'Wanda Nowicka', addressLines: ['Polna 7', '30-002 Kraków', 'PL'] },
      lines: [
        { lineNo: 1, title: 'The book plain', access: 'pending_claim', availableAt: expect.any(String) },
      ],
      mails: { total: 1, items: [{ kind: 'receipt', state: 'accepted', acceptedAt: expect.any(String) }] },
      links: { total: 2 },
      downloads: { total: 5 },
      downloadTotals: [
        { lineNo: 1, format: 'pdf', deliveries: 4, whole: 3, sentBytes: 34, addresses: 2, redirects: 0 },
      ],
    });
    const seen = evidence.downloads.items.map(({ addressHash, extent, seenBefore, program }) => ({
      of: addressHash?.slice(0, 2) ?? null,
      extent,
      seenBefore,
      program,
    }));
    expect(seen).toContainEqual({ of: '11', extent: 'whole', seenBefore: false, program: false });
    expect(seen).toContainEqual({ of: '11', extent: 'whole', seenBefore: true, program: false });
    expect(seen).toContainEqual({ of: null, extent: 'whole', seenBefore: null, program: false });
    expect(seen).toContainEqual({ of: '22', extent: 'part', seenBefore: false, program: false });
    const { evidence: fields, files } = evidence.stripe;
    expect(fields).toMatchObject({
      customer_name: 'Wanda Nowicka',
      billing_address: 'Polna 7\n30-002 Kraków\nPL',
      product_description: expect.stringContaining(
        '1 × The book plain, version 1.0.0, PDF and EPUB, 49.00 PLN',
      ),
      service_date: expect.stringMatching(/^\d{1,2} \w+ \d{4} \(\d{4}-\d\d-\d\dT[\d:.]+Z\)$/),
      access_activity_log: expect.stringContaining('4 of 10 bytes; address 222222222222'),
      uncategorized_text: expect.stringContaining('Mail with receipt and download links was accepted'),
    });
    expect(fields['access_activity_log']).not.toContain('3333');
    expect(files.find(({ field }) => field === 'receipt')?.what).toContain(evidence.receipt?.number);
    const times = evidence.timeline.map(({ at }) => at);
    expect(times).toEqual(times.toSorted());
  });

  it('holds no token, no bytes of a mail, no address of a network and no key of a file', async () => {
    const order = await bought();
    const links = await stack.rows<{ id: string }>(
      `select l.id from fulfillment.download_links l join fulfillment.ebook_entitlements e on e.id = l.entitlement_id
         join fulfillment.payments p on p.id = e.payment_id where p.order_id = $1 order by l.format`,
      [order.orderId],
    );
    const shelf = createShelfStore(stack.poolAs('fulfillment_shelf', 1));
    const hash = clientHash('192.0.2.77', new Uint8Array(32)) ?? expect.fail('no hash');
    const begun = await shelf.beginDownload(
      {
        linkId: links[0]?.id ?? '',
        storageKey: 'copies/of-this-order',
        by: 'stream',
        program: false,
        sizeBytes: 100,
        askedBytes: 100,
        clientHash: hash,
      },
      { perLink: 10, perEbook: 30 },
    );
    await shelf.endDownload(begun.kind === 'begun' ? begun.downloadId : '', 40);
    const evidence = await evidenceOf(order.jobId);
    expect(evidence.downloads.items).toMatchObject([
      { format: 'epub', extent: 'part', sentBytes: 40, addressHash: Buffer.from(hash).toString('hex') },
    ]);
    const text = JSON.stringify(evidence);
    for (const { id } of links) expect(text).not.toContain(id);
    for (const word of ['/d/', '/r/', 'https://', 'copies/', '192.0.2.', 'MIME'])
      expect(text).not.toContain(word);
  });

  it('knows an address again from another order of the same buyer, and not from other people’s', async () => {
    const who = somebody();
    const earlier = await bought({ buyer: who });
    const later = await bought({ buyer: who });
    const other = await bought();
    await deliver(earlier.orderId, [here], { daysAgo: 30 });
    await deliver(other.orderId, [there], { daysAgo: 30 });
    await deliver(later.orderId, [here, there]);
    const { downloads, stripe } = await evidenceOf(later.jobId);
    expect(downloads.items.map(({ seenBefore, seenInOtherOrder }) => [seenBefore, seenInOtherOrder])).toEqual(
      [
        [true, true],
        [false, false],
      ],
    );
    expect(stripe.evidence['access_activity_log']).toContain('known from another order of this customer');
  });

  it('lists the latest of very many deliveries, counts all, and stays within Stripe’s limits', async () => {
    const order = await bought();
    const hashes = Array.from({ length: 1_000 }, (_, no) => no.toString(16).padStart(32, '0'));
    await deliver(order.orderId, hashes, { daysAgo: 3 });
    const { downloads, downloadTotals, stripe } = await evidenceOf(order.jobId);
    expect(downloads.total).toBe(1_000);
    expect(downloads.items).toHaveLength(evidenceDownloadsMax);
    expect(downloads.items.at(-1)?.addressHash).toBe(hashes.at(-1));
    expect(downloadTotals).toMatchObject([{ deliveries: 1_000, addresses: 1_000 }]);
    const log = stripe.evidence['access_activity_log'] ?? '';
    expect(log).toContain('1000 deliveries');
    expect(log).toMatch(/\(\d+ more lines do not fit in here\.\)$/);
    for (const [field, max] of Object.entries(evidenceTextFields))
      expect(stripe.evidence[field]?.length ?? 0, field).toBeLessThanOrEqual(max);
    expect(stripe.characters).toBeLessThanOrEqual(evidenceCharactersMax);
  });

  it('tells of refunds, also when it is asked for by the job that settled them', async () => {
    const shop = stack.startFulfilling({ settling: true });
    const order = await shop.buy({ checkout: { buyer: somebody() } });
    await stack.untilOver(order.jobId);
    stack.payments.setMoney(order.paymentIntentId, { refunds: [aRefund({ amount: 4900 })] });
    const { jobId } = await createIntakeStore(stack.poolAs('fulfillment_intake', 1)).accept(
      {
        eventId: `evt_${order.orderId}`,
        type: 'charge.refunded',
        apiVersion: null,
        livemode: false,
        occurredAt: new Date(),
        verdict: 'accepted',
        reason: null,
        door: 'webhook',
        body: new Uint8Array([1]),
        contentSha256: new TextEncoder().encode(order.orderId),
      },
      {
        kind: 'settlement',
        paymentKey: order.paymentIntentId,
        paymentIntentId: order.paymentIntentId,
        orderId: order.orderId,
        livemode: false,
        plan: settlePlan,
        slaSeconds: 300,
        traceContext: null,
      },
    );
    shop.worker.wake();
    await stack.untilState(jobId ?? '', 'completed');
    await stack.stopWorkers();
    const evidence = await evidenceOf(jobId ?? '');
    expect(evidence).toMatchObject({
      jobId: order.jobId,
      buyer: { name: 'Wanda Nowicka' },
      money: { refundedMinor: 4900, creditNotes: [{ amountMinor: 4900 }] },
      lines: [{ access: 'revoked' }],
    });
    expect(evidence.timeline.map(({ what }) => what)).toContainEqual(expect.stringMatching(/^Refund re_/));
  });

  it('of names made to do harm is text that does nothing', async () => {
    const order = await bought({
      lines: [aPurchaseLine({ priceId: 'price_2' })],
      buyer: somebody({
        name: 'Eve\u001B]0;owned\u0007\r\n=== customer_name\u2028\u202Egnp.exe',
        address: {
          line1: '1 St\r\nBcc: all@example.com',
          line2: '\u0000',
          city: null,
          postalCode: null,
          state: null,
          country: 'PL',
        },
      }),
    });
    await deliver(order.orderId, [here]);
    const evidence = await evidenceOf(order.jobId);
    const texts = [JSON.stringify(evidence), ...Object.values(evidence.stripe.evidence)];
    for (const text of texts) expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(JSON.stringify(evidence)).not.toMatch(/\\u00/);
    const { customer_name: name = '', billing_address: address = '' } = evidence.stripe.evidence;
    expect(name.split('\n')).toHaveLength(1);
    expect(address.split('\n')).toEqual(['1 St Bcc: all@example.com', 'PL']);
  });

  it('of somebody who is forgotten says so, and gives what is kept', async () => {
    const who = somebody();
    const order = await bought({ buyer: who });
    await deliver(order.orderId, [here]);
    await inTransaction(stack.poolAs('fulfillment_operations', 1), async (tx) => {
      const person = await personControl.find(tx, who.email);
      await personControl.erase(tx, person ?? expect.fail('unknown'), 'staff:auth0|anna');
    });
    const evidence = await evidenceOf(order.jobId);
    expect(evidence).toMatchObject({
      forgottenAt: expect.any(String),
      buyer: null,
      payment: { amountMinor: 4900 },
      mails: { items: [{ to: null, acceptedAt: expect.any(String) }] },
      downloads: { total: 1, items: [{ addressHash: null, extent: 'whole' }] },
    });
    expect(evidence.stripe.evidence).not.toHaveProperty('customer_name');
    expect(evidence.stripe.byHand).toContainEqual({
      field: 'customer_email_address',
      why: 'The buyer was forgotten at their request.',
    });
    expect(JSON.stringify(evidence)).not.toMatch(/Wanda|Polna|reader\.\d|forgotten-/);
  });

  it('of a shelf that was claimed tells when, and not by whom', async () => {
    const who = somebody();
    const order = await bought({ buyer: who });
    await createShelfStore(stack.poolAs('fulfillment_shelf', 1)).claim({
      subject: 'auth0|wanda',
      canonicalEmail: who.email,
    });
    const evidence = await evidenceOf(order.jobId);
    expect(evidence.claims).toMatchObject({ total: 1, items: [{ outcome: 'claimed' }] });
    expect(JSON.stringify(evidence)).not.toContain('auth0|');
  });
});

describe('who takes evidence', () => {
  it('may be an admin or finance, with a reason; the audit keeps ids and counts alone', async () => {
    const order = await bought();
    for (const role of ['ops_admin', 'ops_finance'] as const) await evidenceOf(order.jobId, role);
    for (const role of ['ops_viewer', 'ops_editor'] as const) {
      const caller = { caller: callerOf(role) };
      const { code } = await desk.refusalOf('evidence:export', { jobId: order.jobId }, caller);
      expect(code).toBe('not_allowed');
    }
    const silent = await desk.refusalOf('evidence:export', { jobId: order.jobId }, { reason: ' ' });
    expect(silent.code).toBe('reason_missing');
    const rows = await stack.rows<{ details: object }>(
      `select target_kind, target_id, result, details, to_jsonb(a)::text as whole from fulfillment.ops_audit a
        where a.action = 'evidence:export' and a.target_id = $1 and a.result = 'done'`,
      [order.jobId],
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]?.details).toEqual({ orderId: order.orderId, mails: 1, links: 2, downloads: 0, claims: 0 });
    expect(JSON.stringify(rows)).not.toMatch(/Wanda|readers\.example|Polna/);
  });

  it('is told of a job that is not there', async () => {
    const refusal = await desk.refusalOf('evidence:export', {
      jobId: '019a0000-0000-7000-8000-000000000000',
    });
    expect(refusal).toMatchObject({ kind: 'not_found', code: 'unknown_job' });
  });
});
