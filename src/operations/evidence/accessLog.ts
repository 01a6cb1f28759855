import type { EvidenceFacts } from './evidenceParts.ts';
import { nameOf } from './evidenceTimeline.ts';

type Download = EvidenceFacts['downloads']['items'][number];
type Total = EvidenceFacts['downloadTotals'][number];

/** Enough digits to tell addresses apart. */
const digits = 12;

/**
 * What people have downloaded, as lines for a bank: sums over everything first, then one by one, the latest first, so
 * that what does not fit is old. Scanners are left out: they are no evidence of a person.
 */
export function accessLogLines(facts: EvidenceFacts): string[] {
  const { downloadTotals, downloads } = facts;
  if (downloadTotals.length === 0) return [];
  const byPeople = downloads.items.filter(({ program }) => !program).toReversed();
  const all = downloadTotals.reduce((sum, { deliveries }) => sum + deliveries, 0);
  return [
    'Downloads through the links of this order, as the seller’s server recorded them. Times are UTC. Network addresses are kept as keyed hashes only: the same digits are the same address.',
    ...downloadTotals.map((total) => totalLine(facts, total)),
    byPeople.length < all
      ? `One by one, the latest ${byPeople.length} of ${all}:`
      : 'One by one, the latest first:',
    ...byPeople.map((download) => downloadLine(facts, download)),
  ];
}

function totalLine(facts: EvidenceFacts, total: Total): string {
  const { lineNo, format, deliveries, whole, sentBytes, addresses, firstAt, lastAt } = total;
  return [
    `In all, ${nameOf(facts, lineNo)} as ${format.toUpperCase()}: ${counted(deliveries, 'delivery', 'deliveries')}`,
    `${counted(whole, 'whole file', 'whole files')} in one go`,
    `${sentBytes} bytes sent`,
    ...(addresses === 0 ? [] : [counted(addresses, 'network address', 'network addresses')]),
    `first ${firstAt}`,
    `latest ${lastAt}`,
  ].join('; ');
}

function downloadLine(facts: EvidenceFacts, download: Download): string {
  const { at, lineNo, format, addressHash } = download;
  const address =
    addressHash === null ? '' : `; address ${addressHash.slice(0, digits)}${seenText(download)}`;
  return `${at}  ${nameOf(facts, lineNo)} as ${format.toUpperCase()}: ${extentText(download)}${address}`;
}

function extentText({ extent, sentBytes, sizeBytes }: Download): string {
  switch (extent) {
    case 'whole':
      return `whole file, ${sentBytes} bytes`;
    case 'part':
      return `${sentBytes} of ${sizeBytes} bytes`;
    case 'under_way':
      return 'begun, end not recorded';
    case 'not_seen':
      return 'led to the file store, bytes not seen';
  }
}

function seenText({ seenBefore, seenInOtherOrder }: Download): string {
  if (seenInOtherOrder) return ', known from another order of this customer';
  return seenBefore ? ', seen before' : '';
}

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
