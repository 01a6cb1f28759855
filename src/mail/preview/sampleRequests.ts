import type { Language, Order } from '../../domain/order.ts';
import type { MailRequest } from '../../ports/mailSending.ts';
import type { ReceiptRenderer } from '../../ports/orders.ts';
import type { CreditNoteKind, CreditNoteRenderer, Notice, NoticeToTell } from '../../ports/settling.ts';
import { sampleGift, sampleOrder } from './sampleOrder.ts';

export interface SamplePapers {
  receipts: Pick<ReceiptRenderer, 'build' | 'seriesOf'>;
  creditNotes: Pick<CreditNoteRenderer, 'build' | 'seriesOf'>;
}

const paymentId = '0193b0a4-7b1c-7000-8000-000000000001';
const hourMs = 3_600_000;

/** What production would be asked to render, of a purchase that nobody has made. */
export function sampleRequests(language: Language, now: Date, papers: SamplePapers) {
  const order = sampleOrder(language, new Date(now.getTime() - hourMs));
  const issue = (seriesOf: (at: Date) => string, number: number) => ({
    series: seriesOf(now),
    number,
    issuedAt: now,
  });
  const receipt = papers.receipts.build(order, issue(papers.receipts.seriesOf, 123));
  const [first, second] = [order.total - (order.lines[0]?.total ?? 0), order.total];

  function paper(kind: CreditNoteKind, amount: number, lines: number[]) {
    const asked = { paymentId, refundId: 're_sample', amount, lines, receipt };
    const number = issue(papers.creditNotes.seriesOf, 7);
    const credit = papers.creditNotes.build(
      { ...asked, kind: 'credit', earlier: [], reverses: null },
      number,
    );
    if (kind === 'credit') return credit;
    return papers.creditNotes.build(
      { ...asked, kind, earlier: [credit], reverses: credit },
      { ...number, number: 8 },
    );
  }

  const about = (kind: MailRequest['kind'], changes: Partial<MailRequest> = {}): MailRequest => ({
    logicalKey: `sample:${kind}`,
    kind,
    paymentId,
    order,
    to: order.buyer.email,
    receipt: null,
    entitlements: entitlementsOf(changes.order ?? order, true),
    ...changes,
  });

  const told = (
    notice: Notice,
    creditNote: NoticeToTell['creditNote'] = null,
    more: Partial<MailRequest> = {},
  ) => about(notice.kind, { notice: { notice, creditNote }, ...more });

  const reminded = (reminder: 'first' | 'last') =>
    ({ kind: 'reminder', reminder, profileId: paymentId, inviteUrl: null }) as const;

  const money = { refundId: 're_sample', currency: order.currency };
  const stored = (document: MailRequest['receipt']) =>
    document && { creditNoteId: '0193b0a4-7b1c-7000-8000-00000000000c', document };
  const all = order.lines.map(({ lineNo }) => lineNo);

  return {
    receipt: () => about('receipt', { receipt }),
    receipt_preparing: () => about('receipt', { receipt, entitlements: entitlementsOf(order, false) }),
    files_ready: () => about('files_ready'),
    granted: () => about('granted', { order: sampleGift(language, now) }),
    new_links: () => about('new_links'),
    new_version: () => about('new_version', { order: { ...order, lines: order.lines.slice(0, 1) } }),
    address_changed: () => about('address_changed', { entitlements: [] }),
    refund: () =>
      told(
        { key: 'refund:re_sample', kind: 'refund', lines: [2], amount: first, ...money },
        stored(paper('credit', first, [2])),
      ),
    refund_kept: () =>
      told(
        { key: 'refund:re_sample', kind: 'refund', lines: [], amount: first, ...money },
        stored(paper('credit', first, [2])),
      ),
    refund_failed: () =>
      told(
        { key: 'refund_failed:re_sample', kind: 'refund_failed', lines: all, amount: second, ...money },
        stored(paper('reversal', second, all)),
      ),
    access_ended: () => told({ key: 'access:1', kind: 'access_ended', lines: all }),
    access_restored: () => told({ key: 'access:2', kind: 'access_restored', lines: all }, null, { receipt }),
    claim_invitation: () =>
      about('claim_invitation', {
        claim: { kind: 'invitation', codeId: paymentId, expiresAt: new Date(now.getTime() + hourMs / 4) },
      }),
    claim_reminder: () => about('claim_reminder', { claim: reminded('first') }),
    claim_reminder_invited: () =>
      about('claim_reminder', {
        claim: { ...reminded('first'), inviteUrl: 'https://books.eu.auth0.com/lo/reset?ticket=sample' },
      }),
    profiles_merged: () => about('profiles_merged', { entitlements: [] }),
    claim_reminder_last: () => about('claim_reminder', { claim: reminded('last') }),
  };
}

const entitlementsOf = ({ lines }: Order, filesReady: boolean): MailRequest['entitlements'] =>
  lines.map(({ lineNo, formats }) => ({
    entitlementId: `0193b0a4-7b1c-7000-8000-00000000001${lineNo}`,
    lineNo,
    formats,
    filesReady,
  }));
