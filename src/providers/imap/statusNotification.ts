import PostalMime, { type Attachment } from 'postal-mime';
import type { Bounce, DeliveryKind } from '../../ports/deliveryEvidence.ts';
import { bounceOf } from './bounceCause.ts';
import { mailNameIn, type MailName } from './ownMessageId.ts';

export interface NotificationOptions {
  /** In lower case. What becomes of copies to these addresses says nothing of the buyer's mail. */
  ignoredRecipients: ReadonlySet<string>;
}

/** What a delivery status notification says of one mail of ours. */
export interface StatusNotification {
  mail: MailName;
  kind: DeliveryKind;
  /** Of `bounced` alone. */
  bounce?: Bounce;
  /** The notification's own Message-ID, where it has one that can be kept. */
  id: string | undefined;
}

/** Notifications speak of one recipient, our mails have one; of more, the mail is not ours. */
const recipientsMax = 20;

/**
 * Reads a delivery status notification (RFC 3464; its outer form RFC 6522). Undefined for whatever is none, names no
 * mail of ours, or does not say one thing: a person's answer, an absence notice, a read receipt, broken MIME. Pure; never
 * throws.
 */
export async function readNotification(
  source: Uint8Array,
  options: NotificationOptions,
): Promise<StatusNotification | undefined> {
  if (isCrumbly(source)) return undefined;
  const mail = await PostalMime.parse(source, parsing).catch(() => undefined);
  const type = mail?.headers.find(({ key }) => key === 'content-type')?.value ?? '';
  if (!mail || !/^\s*multipart\/report\b/i.test(type) || !/report-type\s*=\s*"?delivery-status\b/i.test(type))
    return undefined;
  const outcome = outcomeIn(mail.attachments, options.ignoredRecipients);
  const name = returnedMailIn(mail.attachments);
  if (outcome === undefined || name === undefined) return undefined;
  return { mail: name, ...outcome, id: plainId(mail.messageId) };
}

/** The parser's time grows with lines and parts, and tens of thousands of either fit into little. */
function isCrumbly(source: Uint8Array): boolean {
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return countOf(bytes, '\n') > 10_000 || countOf(bytes, '\n--') > 500;
}

function countOf(bytes: Buffer, text: string): number {
  let count = 0;
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) count += 1;
  return count;
}

const parsing = {
  forceRfc822Attachments: true,
  maxNestingDepth: 20,
  maxHeadersSize: 256 * 1024,
};

const statusTypes = ['message/delivery-status', 'message/global-delivery-status'];
const returnedTypes = ['message/rfc822', 'text/rfc822-headers', 'message/global', 'message/global-headers'];

const plainId = (id: string | undefined) =>
  id !== undefined && /^<[\x21-\x7e]{1,198}>$/.test(id.trim()) ? id.trim() : undefined;

type Outcome = Pick<StatusNotification, 'kind' | 'bounce'>;

/** What all recipients have in common; undefined where they differ. */
function outcomeIn(parts: readonly Attachment[], ignored: ReadonlySet<string>): Outcome | undefined {
  const [status, ...others] = parts.filter(({ mimeType }) => statusTypes.includes(mimeType));
  if (status === undefined || others.length > 0) return undefined;
  // The first group is about the whole mail (RFC 3464 §2.1).
  const [, ...groups] = textOf(status).split(/\r?\n(?:[ \t]*\r?\n)+/, recipientsMax + 2);
  const recipients = groups
    .map(fieldsOf)
    .filter((fields) => fields.has('action') && !ignored.has(recipientOf(fields)));
  if (recipients.length > recipientsMax) return undefined;
  const [first, ...rest] = recipients.map(readRecipient);
  if (first === undefined || rest.some((one) => one?.kind !== first.kind)) return undefined;
  return first;
}

/** RFC 3464 §2.3.3. `relayed` says that it went where nothing more is told. */
const kindOfAction: Readonly<Record<string, DeliveryKind>> = {
  failed: 'bounced',
  delayed: 'delayed',
  delivered: 'delivered',
  expanded: 'delivered',
  relayed: 'accepted',
};

function readRecipient(fields: ReadonlyMap<string, string>): Outcome | undefined {
  const action = /^[a-z]+/.exec((fields.get('action') ?? '').toLowerCase())?.[0] ?? '';
  const kind = Object.hasOwn(kindOfAction, action) ? kindOfAction[action] : undefined;
  if (kind !== 'bounced') return kind && { kind };
  const bounce = bounceOf({ status: fields.get('status'), diagnosticCode: fields.get('diagnostic-code') });
  return { kind, bounce };
}

const recipientOf = (fields: ReadonlyMap<string, string>): string =>
  (fields.get('original-recipient') ?? fields.get('final-recipient') ?? '')
    .replace(/^[^;]*;/, '')
    .trim()
    .toLowerCase();

/** Fields of a group, names in lower case, folded lines joined; of two with one name the first. */
function fieldsOf(group: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of group.replace(/\r?\n(?=[ \t])/g, '').split(/\r?\n/)) {
    const [, name, value] = /^([A-Za-z-]{1,50})[ \t]*:(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (!fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value.trim().slice(0, 1_000));
  }
  return fields;
}

/** The mail that came back, by its headers. */
function returnedMailIn(parts: readonly Attachment[]): MailName | undefined {
  const [returned, ...others] = parts.filter(({ mimeType }) => returnedTypes.includes(mimeType));
  if (returned === undefined || others.length > 0) return undefined;
  const [headers = ''] = textOf(returned).split(/\r?\n\r?\n/, 1);
  return mailNameIn(headers);
}

/** Addresses and codes are ASCII; what is not may look as it likes. */
const textOf = ({ content }: Attachment): string =>
  typeof content === 'string' ? content : Buffer.from(content as ArrayBuffer).toString('latin1');
