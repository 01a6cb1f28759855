import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { buildCreditNote } from '../../test/builders/creditNote.ts';
import { createPlainCreditNotes, createPlainReceipts } from '../../test/builders/plainReceipts.ts';
import { buildBuyer, buildLine, buildOrder, issue, shop } from '../../test/builders/sale.ts';
import { createFixedClock } from '../../test/fakes/fixedClock.ts';
import type { MailRequest } from '../ports/mailSending.ts';
import type { NoticeToTell } from '../ports/settling.ts';
import { createMailRenderer } from './render.ts';

const creditNoteId = '0193b0a4-7b1c-7000-8000-00000000000c';

const renderer = () =>
  createMailRenderer({
    shop,
    tokens: { write: (kind, id) => `${kind}.${id}`, read: () => undefined },
    receipts: createPlainReceipts(),
    creditNotes: createPlainCreditNotes(),
    clock: createFixedClock(),
    publicBaseUrl: 'https://books.test',
    shelfUrl: 'https://shop.test/shelf',
    linkLifetimeMs: 48 * 3_600_000,
    messageIdKey: new Uint8Array(32).fill(8),
    claims: { codes: { write: () => '7XK4M2QP' }, url: 'https://books.test/claim' },
  });

const entitlements: MailRequest['entitlements'] = [1, 2].map((lineNo) => ({
  entitlementId: `0193b0a4-7b1c-7000-8000-00000000001${lineNo}`,
  lineNo,
  formats: ['pdf', 'epub'],
  filesReady: true,
}));

function request(told: NoticeToTell, changes: Partial<MailRequest> = {}): MailRequest {
  return {
    logicalKey: `notice:7K3M-Q9XT-4BVD:${told.notice.key}`,
    kind: told.notice.kind,
    paymentId: '0193b0a4-7b1c-7000-8000-000000000001',
    order: buildOrder({ lines: [buildLine(1), buildLine(2)] }),
    to: 'anna@example.pl',
    receipt: null,
    notice: told,
    entitlements,
    ...changes,
  };
}

const refund = {
  key: 'refund:re_1',
  kind: 'refund',
  refundId: 're_1',
  amount: 4900,
  currency: 'pln',
} as const;

/** What the mail says, its parts decoded as far as a search needs. */
const textOf = (bytes: Uint8Array) =>
  Buffer.from(Buffer.from(bytes).toString().replace(/=\r\n/g, '').replaceAll('=3D', '=')).toString();

describe('the mail of a notice', () => {
  it('carries the credit note as a file, and a link to its page', async () => {
    const document = buildCreditNote();
    const notice = { ...refund, lines: [2] };
    const mail = await renderer().render(request({ notice, creditNote: { creditNoteId, document } }));
    expect(mail).toMatchObject({ kind: 'refund', to: 'anna@example.pl', links: [] });
    const text = textOf(mail.bytes);
    expect(text).toContain(`https://books.test/c/credit-note-page.${creditNoteId}`);
    expect(text).toContain('filename=C-2026-000007.pdf');
  });

  it('carries no paper where there is none', async () => {
    const mail = await renderer().render(request({ notice: { ...refund, lines: [] }, creditNote: null }));
    expect(textOf(mail.bytes)).not.toMatch(/filename|books\.test\/c\//);
  });

  it.each(['refund_failed', 'access_restored'] as const)(
    'has links to what %s brings back, and to nothing else',
    async (kind) => {
      const notice = { ...refund, kind, lines: [2] };
      const mail = await renderer().render(request({ notice, creditNote: null }));
      expect(mail.links.map(({ entitlementId, format }) => [entitlementId, format])).toEqual([
        [entitlements[1]?.entitlementId, 'pdf'],
        [entitlements[1]?.entitlementId, 'epub'],
      ]);
      expect(textOf(mail.bytes)).toContain(`https://books.test/d/download-link.${mail.links[0]?.linkId}`);
    },
  );

  it('has no links to what was taken', async () => {
    const notice = { key: 'access:1', kind: 'access_ended', lines: [1, 2] } as const;
    const mail = await renderer().render(request({ notice: { ...notice, lines: [1, 2] }, creditNote: null }));
    expect(mail.links).toEqual([]);
    expect(textOf(mail.bytes)).not.toContain('/d/');
  });

  it('carries the receipt when access is restored, for it may have ended before the first mail went out', async () => {
    const receipt = createPlainReceipts().build(buildOrder({ lines: [buildLine(1), buildLine(2)] }), issue);
    const notice = { key: 'access:2', kind: 'access_restored', lines: [1, 2] } as const;
    const told = { notice: { ...notice, lines: [1, 2] }, creditNote: null };
    const text = textOf((await renderer().render(request(told, { receipt }))).bytes);
    expect(text).toContain('filename=R-2026-000123.pdf');
    expect(text).toContain('https://books.test/r/receipt-page.0193b0a4-7b1c-7000-8000-000000000001');
    const without = textOf((await renderer().render(request(told))).bytes);
    expect(without).not.toMatch(/filename|books\.test\/r\//);
  });

  it('is the same, byte for byte, when it is rendered of the same ids', async () => {
    const told = {
      notice: { ...refund, lines: [1] },
      creditNote: { creditNoteId, document: buildCreditNote() },
    };
    const hash = async () =>
      createHash('sha256')
        .update((await renderer().render(request(told))).bytes)
        .digest('hex');
    expect(await hash()).toBe(await hash());
  });

  it('is not rendered without its notice', async () => {
    const told = { notice: { ...refund, lines: [] }, creditNote: null };
    const { notice: _notice, ...without } = request(told);
    await expect(renderer().render(without)).rejects.toThrow(TypeError);
    await expect(renderer().render(request(told, { kind: 'access_ended' }))).rejects.toThrow(TypeError);
  });
});

describe('the mail of a book that was given', () => {
  it('has links to the book, and neither receipt nor a word of late files', async () => {
    const { notice: _notice, ...plain } = request({ notice: { ...refund, lines: [] }, creditNote: null });
    const mail = await renderer().render({ ...plain, kind: 'granted', logicalKey: 'granted:7K3M-Q9XT-4BVD' });
    expect(mail).toMatchObject({ kind: 'granted', to: 'anna@example.pl' });
    expect(mail.links).toHaveLength(4);
    const text = textOf(mail.bytes);
    expect(text).toContain(`https://books.test/d/download-link.${mail.links[0]?.linkId}`);
    expect(text).not.toMatch(/filename|cierpliwo/);
  });

  it('is said to be given in later mails too, and never bought', async () => {
    const { notice: _notice, ...plain } = request({ notice: { ...refund, lines: [] }, creditNote: null });
    const gift = buildOrder({
      paymentKey: 'grant_0193b0a47b1c70008000000000000001',
      lines: [buildLine(1)],
      buyer: buildBuyer({ language: 'en' }),
    });
    for (const kind of ['granted', 'new_links', 'files_ready'] as const) {
      const mail = await renderer().render({ ...plain, kind, order: gift, logicalKey: `${kind}:x` });
      const text = textOf(mail.bytes);
      expect(text).toContain('because we have put ebooks on your shelf');
      expect(text).not.toContain('purchase');
    }
    const bought = { ...plain, kind: 'new_links' as const, logicalKey: 'new_links:y' };
    const english = { ...gift, paymentKey: 'pi_1' };
    expect(textOf((await renderer().render({ ...bought, order: english })).bytes)).toContain(
      'because of your purchase',
    );
  });
});
