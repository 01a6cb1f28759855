import type { EvidenceFacts, ShownEvidence } from './evidenceParts.ts';

type Moment = ShownEvidence['timeline'][number];

const momentsMax = 300;

const mailWords: Readonly<Record<string, string>> = {
  receipt: 'Mail with receipt and download links',
  files_ready: 'Mail that the books are ready',
  granted: 'Mail with the granted book',
  new_links: 'Mail with fresh download links',
  new_version: 'Mail about a new version',
  refund: 'Mail about the refund',
};

/** What happened to an order in short, the oldest first: the latest moments, should there be very many. */
export function evidenceTimeline(facts: EvidenceFacts): Moment[] {
  const { payment, receipt, downloadTotals, claims, money, forgottenAt } = facts;
  const moments: Array<Moment | null> = [
    at(payment.paidAt, 'The payment succeeded.'),
    at(receipt?.issuedAt, `Receipt ${receipt?.number} was issued.`),
    ...facts.lines.map((line) => at(line.availableAt, `${nameOf(facts, line.lineNo)} could be downloaded.`)),
    ...facts.mails.items.flatMap(mailMoments),
    ...downloadTotals.flatMap(({ lineNo, format, firstAt, lastAt }) => [
      at(firstAt, `First download of ${nameOf(facts, lineNo)} (${format.toUpperCase()}).`),
      lastAt === firstAt
        ? null
        : at(lastAt, `Latest download of ${nameOf(facts, lineNo)} (${format.toUpperCase()}).`),
    ]),
    ...claims.items.map((claim) => at(claim.at, `Shelf claim by a signed-in account: ${claim.outcome}.`)),
    ...(money?.refunds ?? []).map((refund) =>
      at(refund.createdAt, `Refund ${refund.refundId}: ${refund.status}.`),
    ),
    at(forgottenAt, 'The buyer was forgotten at their request.'),
  ];
  return moments
    .filter((moment) => moment !== null)
    .toSorted((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0))
    .slice(-momentsMax);
}

const at = (when: string | null | undefined, what: string): Moment | null =>
  when ? { at: new Date(when).toISOString(), what } : null;

function mailMoments(mail: EvidenceFacts['mails']['items'][number]): Array<Moment | null> {
  const name = mailWords[mail.kind] ?? `Mail (${mail.kind})`;
  const by = mail.provider === null ? '' : ` by ${mail.provider}`;
  return [
    at(mail.acceptedAt, `${name} was accepted${by}.`),
    ...mail.heard
      .filter(({ kind }) => kind !== 'accepted')
      .map((heard) => at(heard.at, `${name}: ${heard.kind}, as ${heard.source} reports.`)),
  ];
}

/** `“Title” (line 1)` */
export function nameOf({ lines }: Pick<EvidenceFacts, 'lines'>, lineNo: number): string {
  const title = lines.find((line) => line.lineNo === lineNo)?.title ?? '';
  return title === '' ? `line ${lineNo}` : `“${title}” (line ${lineNo})`;
}
