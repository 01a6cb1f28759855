import { addressParser } from 'postal-mime';
import { renderTemplate, TemplateError } from './listmonkTemplates.ts';

export interface ListmonkTemplate {
  id: number;
  type: 'tx' | 'campaign';
  subject: string;
  body: string;
}

export interface ListmonkSettings {
  /** `6.0.0` knows no `altbody` in `/api/tx`, earlier ones no recipients but subscribers. */
  version: string;
  /** The language of its messages. */
  language: 'en' | 'pl';
  messengers: readonly string[];
  templates: readonly ListmonkTemplate[];
  /** In lower case. */
  subscribers: Set<string>;
  blockedDomains: Set<string>;
}

export interface ListmonkFile {
  fileName: string;
  contentType: string;
  bytes: Buffer;
}

/** A mail as it stands in the queue. */
export interface ListmonkMail {
  from: string;
  fromName: string;
  to: string;
  /** Of the envelope, where a header `Return-Path` gives one. */
  sender: string | undefined;
  /** From the header `Bcc`, which does not stand in the mail. */
  bcc: string[];
  subject: string;
  html: string;
  text: string | undefined;
  /** Names in Go's canonical form, for example `Message-Id`. */
  headers: Record<string, string>;
  files: ListmonkFile[];
}

export interface Refusal {
  status: number;
  message: string;
}

/** As in the language files i18n/en.json and i18n/pl.json; names are put in for `{name}`. */
const words = {
  en: {
    notFound: '{name} not found',
    invalidFields: 'Invalid field(s): {name}',
    invalidEmail: 'Invalid email.',
    domainBlocked: 'The e-mail domain is blocklisted.',
    messenger: 'Unknown messenger {name}.',
  },
  pl: {
    notFound: '{name} nie znaleziono',
    invalidFields: 'Nieprawidłowe pole: {name}',
    invalidEmail: 'Nieprawidłowy adres e-mail.',
    domainBlocked: 'Domena jest zablokowana.',
    messenger: 'Nieznany komunikator {name}.',
  },
} as const;

const versionOf = ({ version }: ListmonkSettings): [number, number] => {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return [major, minor];
};

/**
 * What becomes of a request to `POST /api/tx` (knadh/listmonk cmd/tx.go: `SendTxMessage`, `validateTxMessage`;
 * models/messages.go: `TxMessage.Render`; internal/subimporter/importer.go: `SanitizeEmail`). Fields that a version
 * does not know are passed over, as Go's JSON does.
 */
export function readMessage(
  body: Record<string, unknown>,
  files: ListmonkFile[],
  settings: ListmonkSettings,
): ListmonkMail | Refusal {
  const say = (key: keyof (typeof words)['en'], name = ''): Refusal => ({
    status: 400,
    message: words[settings.language][key].replace('{name}', name),
  });
  const [major, minor] = versionOf(settings);
  const emails = Array.isArray(body['subscriber_emails']) ? body['subscriber_emails'].map(String) : [];
  const mode = major >= 6 ? (textOf(body['subscriber_mode']) ?? 'default') : 'default';
  if (!['default', 'fallback', 'external'].includes(mode)) return say('invalidFields', 'subscriber_mode');
  const [email] = emails;
  if (email === undefined) {
    const missing = mode === 'default' ? 'send subscriber_emails OR subscriber_ids' : 'subscriber_emails';
    return say('invalidFields', missing);
  }
  // The stand-in takes one recipient; with more, Listmonk queues those it knows and then answers 400.
  if (emails.length > 1) throw new Error('More than one recipient is not played here.');
  const to = email.trim().toLowerCase();
  if (!isAddress(to)) return say('invalidEmail');
  if (settings.blockedDomains.has(to.split('@')[1] ?? '')) return say('domainBlocked');
  const messenger = textOf(body['messenger']) ?? 'email';
  if (!settings.messengers.includes(messenger)) return say('messenger', messenger);
  const templateId = Number(body['template_id']);
  const template = settings.templates.find(({ id, type }) => id === templateId && type === 'tx');
  if (!template) return say('notFound', `template ${templateId}`);
  if (mode === 'default' && !settings.subscribers.has(to)) return say('notFound', 'Subscriber');
  try {
    return rendered(body, { to, files, template, takesText: major > 6 || (major === 6 && minor >= 1) });
  } catch (thrown) {
    // `Ts` is called with an odd number of arguments there, and says so instead of what was wrong.
    if (thrown instanceof TemplateError)
      return { status: 400, message: 'globals.messages.errorFetching: Invalid arguments' };
    throw thrown;
  }
}

interface Rendering {
  to: string;
  files: ListmonkFile[];
  template: ListmonkTemplate;
  takesText: boolean;
}

function rendered(
  body: Record<string, unknown>,
  { to, files, template, takesText }: Rendering,
): ListmonkMail {
  const values = { subscriberEmail: to, data: (body['data'] ?? {}) as Record<string, string> };
  const html = renderTemplate(template.body, values, true);
  // A subject that is given is a template as well, wherever its text came from.
  const subject = renderTemplate(textOf(body['subject']) ?? template.subject, values, false);
  const altBody = takesText ? textOf(body['altbody']) : undefined;
  const text = altBody === undefined ? undefined : renderTemplate(altBody, values, false);
  const { headers, bcc, sender } = headersOf(body['headers']);
  const from = addressParser(textOf(body['from_email']) ?? 'Listmonk <noreply@listmonk.example>')[0];
  if (from?.address === undefined) throw new Error('From is no mailbox.');
  return { from: from.address, fromName: from.name, to, sender, bcc, subject, html, text, headers, files };
}

/**
 * A list of maps. Values of one name are collected, and then only the first is sent; `Bcc` and `Return-Path` move to
 * the envelope (internal/messenger/email/email.go, `Push`).
 */
function headersOf(list: unknown): {
  headers: Record<string, string>;
  bcc: string[];
  sender: string | undefined;
} {
  const headers: Record<string, string> = {};
  for (const set of Array.isArray(list) ? (list as Array<Record<string, string>>) : []) {
    for (const [name, value] of Object.entries(set)) headers[canonical(name)] ??= value;
  }
  const { Bcc: bcc, 'Return-Path': sender, ...kept } = headers;
  return { headers: kept, sender, bcc: (bcc?.split(',') ?? []).map((address) => address.trim()) };
}

const canonical = (name: string): string =>
  name
    .toLowerCase()
    .replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase());

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Go's `mail.ParseAddress`, as far as the difference matters: no dots at the ends of a local part or in a row. */
const isAddress = (address: string): boolean =>
  /^[^\s<>@,;:"()[\]\\.]+(?:\.[^\s<>@,;:"()[\]\\.]+)*@[^\s<>@,;:"()[\]\\]+$/.test(address);

/** A form with one field `data` and files (RFC 7578, as Go's mime/multipart reads it). */
export function readForm(
  contentType: string,
  body: Buffer,
): { data: string; files: ListmonkFile[] } | undefined {
  const boundary = /boundary="?([^";]+)"?/.exec(contentType)?.[1];
  if (boundary === undefined) return undefined;
  const sections = `\r\n${body.toString('latin1')}`.split(`\r\n--${boundary}`).slice(1, -1);
  let data: string | undefined;
  const files: ListmonkFile[] = [];
  for (const section of sections) {
    const end = section.indexOf('\r\n\r\n');
    const head = section.slice(0, end);
    const bytes = Buffer.from(section.slice(end + 4), 'latin1');
    const field = /name="([^"]*)"/.exec(head)?.[1];
    const fileName = /filename="([^"]*)"/.exec(head)?.[1];
    if (field === 'data') data = bytes.toString();
    if (field === 'file' && fileName !== undefined) {
      files.push({ fileName, contentType: /Content-Type: (\S+)/.exec(head)?.[1] ?? '', bytes });
    }
  }
  return data === undefined ? undefined : { data, files };
}
