/** What a step leaves undone, for people who know neither steps nor codes. */
const undone: Record<string, string> = {
  resolve_order: 'the order is not read from Stripe',
  entitlement: 'access is not granted',
  receipt: 'no receipt is issued',
  email: 'the receipt is not sent',
  storage: 'the files are not stored',
  late_files_email: 'the mail that the files are ready is not sent',
  analytics: 'analytics is not told',
  resend_receipt: 'the receipt is not sent',
  send_links: 'the new links are not sent',
  tell_old_address: 'the notice to the old address is not sent',
  read_money: 'refunds and disputes are not read from Stripe',
  settle: 'what a refund or dispute takes is not settled',
  settle_mail: 'the buyer is not told of what went back',
  settled: 'not all of what went back is settled',
  tell_shop: 'the shop’s own systems are not told',
  track: 'analytics is not told',
};

/** The same of a mail that may have gone out. */
const inDoubt: Record<string, string> = {
  email: 'it is not known whether the receipt was sent',
  late_files_email: 'it is not known whether the mail that the files are ready was sent',
  resend_receipt: 'it is not known whether the receipt was sent',
  send_links: 'it is not known whether the new links were sent',
  tell_old_address: 'it is not known whether the old address was told',
  settle_mail: 'it is not known whether the buyer was told of what went back',
};

const kinds: Record<string, string> = {
  resend_receipt: 'the receipt once more',
  send_links: 'new links',
  tell_old_address: 'a notice to the old address',
  tell_shop: 'a message to the shop’s own systems',
};

const codes: Record<string, string> = {
  provider_paused: 'staff has paused the provider',
  provider_open: 'the provider is failing and is left alone for a while',
  provider_rate: 'the provider is called as often as it may be',
  crash_loop: 'workers died while they were at it',
  unexpected_error: 'an error of our own',
  stripe_object_missing: 'Stripe’s API does not know it yet',
  not_paid: 'Stripe says it is not paid',
  unknown_product: 'what was bought is not in the catalogue',
  no_email: 'Stripe has no e-mail address for it',
  unusable_email: 'the e-mail address cannot be written to',
  pays_an_invoice: 'it pays an invoice, which is not fulfilled here',
  not_a_purchase: 'it is no purchase',
  payment_taken_back: 'the payment was taken back',
  refund_unattributed: 'a refund does not say which lines it is for',
  receipt_to_come: 'its receipt is still to come',
  fulfilment_failed: 'the order that it belongs to has failed',
  mail_brake: 'all mail is held by the brake',
  restore_mode: 'all mail is held after a restore',
  shadow_mode: 'no mail leaves in shadow mode',
  dropped_by_person: 'a person had the mail skipped',
};

const fileEffect = /^copy:(\d{1,4}):([a-z]{1,10})$/;

/** The thing that an effect of `storage` stores; null for effects of other steps. */
function fileOf(effectKey: string, lines: number): string | null {
  if (effectKey === 'receipt-pdf') return 'the receipt’s PDF';
  const [, line, format] = fileEffect.exec(effectKey) ?? [];
  if (format === undefined) return null;
  return `the ${format.toUpperCase()}${lines > 1 ? ` of line ${line}` : ''}`;
}

const listed = (items: readonly string[]) =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

/** Named one by one up to so many; more are counted. */
const namedMax = 3;

const own = (words: Record<string, string>, name: string) =>
  Object.hasOwn(words, name) ? words[name] : undefined;

/** What a job of a kind that is no order is for. */
export const kindText = (kind: string): string => own(kinds, kind) ?? kind.replaceAll('_', ' ');

/** What of a step is not done, for example `the PDF and the EPUB are not stored`. */
export function undoneText(
  step: string,
  { effects, lines, unknown }: { effects: readonly string[]; lines: number; unknown: boolean },
): string {
  const doubt = unknown ? own(inDoubt, step) : undefined;
  if (doubt !== undefined) return doubt;
  const files = effects.map((key) => fileOf(key, lines)).filter((file) => file !== null);
  if (files.length > namedMax) return `${files.length} files are not stored`;
  if (files.length > 0) return `${listed(files)} ${files.length > 1 ? 'are' : 'is'} not stored`;
  return own(undone, step) ?? `${step.replaceAll('_', ' ')} is not done`;
}

/** A reason's code in words. */
export const reasonText = (reason: string): string => own(codes, reason) ?? reason.replaceAll('_', ' ');

/** A sentence as a part of another: without its full stop, and small unless it begins with a name. */
export function clause(sentence: string): string {
  const text = sentence.trim().replace(/\.$/, '');
  const [first = ''] = text.split(/[\s’']/, 1);
  const isName = first === 'Stripe' || first === 'I' || /.[A-Z0-9]/.test(first);
  return isName ? text : text.charAt(0).toLowerCase() + text.slice(1);
}

/** A moment as it is said in passing: `14:05 UTC`, or with its day when that is another one. */
export function passingTime(at: Date, now: Date): string {
  const [day = '', time = ''] = at.toISOString().split('T');
  const sameDay = now.toISOString().startsWith(day);
  return `${sameDay ? '' : `${day} `}${time.slice(0, 5)} UTC`;
}
