import { printableText } from '../../domain/printableText.ts';
import { keyText } from '../../domain/search/keys.ts';
import type { Bounded, EvidenceDownload, OrderEvidence } from '../../ports/orderEvidence.ts';
import { type OrderBuyer, orderOf, type OrderSnapshot } from '../orders/orderSnapshot.ts';
import { showMoney } from '../orders/showMoney.ts';
import type { EvidenceFacts } from './evidenceParts.ts';

type Line = EvidenceFacts['lines'][number];

/** Longest text of a buyer's or a catalogue's own, in characters. */
const textMax = 300;
const plain = (text: string) => printableText(text, textMax);
const plainOr = (text: string | null) => (text === null ? null : plain(text) || null);

const iso = (at: Date) => at.toISOString();
const isoOr = (at: Date | null) => at?.toISOString() ?? null;

/**
 * What is known of an order, as it is handed out: in plain, for a bank compares it with what it knows. What came from
 * outside is made fit to print, because it is pasted into forms.
 */
export function showEvidence(evidence: OrderEvidence): EvidenceFacts {
  const { job, mails, entitlements, money } = evidence;
  const { payment } = job;
  const order = orderOf(job.order);
  const { charge_id: chargeId } = payment.facts;
  return {
    asOf: iso(job.now),
    orderId: payment.orderId,
    jobId: job.jobId,
    forgottenAt: isoOr(payment.erasedAt),
    payment: {
      key: payment.key,
      paymentIntentId: payment.paymentIntentId,
      checkoutSessionId: payment.checkoutSessionId,
      chargeId: typeof chargeId === 'string' ? chargeId : null,
      livemode: payment.livemode,
      paid: payment.paid,
      paidAt: isoOr(payment.paidAt),
      amountMinor: payment.amountMinor,
      currency: payment.currency,
    },
    receipt: job.receipt && {
      number: keyText({ kind: 'receipt', ...job.receipt }),
      issuedAt: iso(job.receipt.issuedAt),
    },
    // Of who was forgotten, an order keeps the country and a word that is no address.
    buyer: order && !payment.erasedAt ? shownBuyer(order.buyer, evidence.correctedEmail) : null,
    lines: linesOf(order, entitlements),
    mails: { total: mails.total, items: mails.items.map(shownMail) },
    links: each(evidence.links, ({ createdAt, expiresAt, endedAt, ...link }) => ({
      ...link,
      createdAt: iso(createdAt),
      expiresAt: iso(expiresAt),
      endedAt: isoOr(endedAt),
    })),
    downloads: each(evidence.downloads, shownDownload),
    downloadTotals: evidence.totals.map((total) => ({
      ...total,
      firstAt: iso(total.firstAt),
      lastAt: iso(total.lastAt),
    })),
    claims: each(evidence.claims, (claim) => ({ ...claim, at: iso(claim.at) })),
    money: showMoney(payment.facts, money),
  };
}

const each = <From, To>({ total, items }: Bounded<From>, shown: (item: From) => To): Bounded<To> => ({
  total,
  items: items.map(shown),
});

function shownBuyer(buyer: OrderBuyer, correctedEmail: string | null): EvidenceFacts['buyer'] {
  const { address } = buyer;
  const town = [address?.postalCode, address?.city].filter(Boolean).join(' ');
  const parts = address ? [address.line1, address.line2, town, address.state, address.country] : [];
  return {
    email: plain(buyer.email),
    correctedEmail: plainOr(correctedEmail),
    name: plainOr(buyer.name),
    company: plainOr(buyer.company),
    addressLines: parts.map((part) => plain(part ?? '')).filter((part) => part !== ''),
  };
}

/** As the order has them; where it is not resolved, or unreadable, as they were granted. */
function linesOf(order: OrderSnapshot | null, entitlements: OrderEvidence['entitlements']): Line[] {
  const granted = new Map(entitlements.map((entitlement) => [entitlement.lineNo, entitlement]));
  const ordered = order?.lines.map((line) => ({ ...line, totalMinor: line.total })) ?? [];
  const lines =
    ordered.length > 0
      ? ordered
      : entitlements.map((line) => ({ ...line, totalMinor: null as number | null }));
  return lines.map((line) => {
    const entitlement = granted.get(line.lineNo);
    const available = entitlement?.history.find(({ to }) => to === 'active' || to === 'pending_claim');
    return {
      lineNo: line.lineNo,
      productId: line.productId,
      productVersion: line.productVersion,
      title: plain(line.title),
      formats: line.formats,
      quantity: line.quantity,
      totalMinor: line.totalMinor,
      access: entitlement?.state ?? null,
      availableAt: available ? iso(available.at) : null,
    };
  });
}

type Mail = OrderEvidence['mails']['items'][number];

const shownMail = (mail: Mail): EvidenceFacts['mails']['items'][number] => ({
  kind: mail.kind,
  to: mail.toAddress.includes('@') ? plain(mail.toAddress) : null,
  state: mail.state,
  provider: mail.provider,
  writtenAt: iso(mail.createdAt),
  acceptedAt: isoOr(mail.acceptedAt),
  delivery: mail.delivery,
  heard: mail.evidence.map(({ kind, at, source, cause, status }) => ({
    kind,
    at: iso(at),
    source,
    cause,
    status,
  })),
});

function shownDownload(download: EvidenceDownload): EvidenceFacts['downloads']['items'][number] {
  return {
    ...download,
    at: iso(download.at),
    finishedAt: isoOr(download.finishedAt),
    extent: extentOf(download),
  };
}

function extentOf({ deliveredBy, sentBytes, sizeBytes, finishedAt }: EvidenceDownload) {
  if (deliveredBy === 'redirect') return 'not_seen';
  if (finishedAt === null) return 'under_way';
  return sentBytes === sizeBytes ? 'whole' : 'part';
}
