import PostalMime, { decodeWords } from 'postal-mime';
import type { Address, Email } from 'postal-mime';

export type Mailbox = { name: string; address: string };

/** A part of a mail that is neither its text nor its HTML. `partId` counts from 1 in the order of the mail. */
export type MailPart = {
  partId: number;
  fileName: string;
  contentType: string;
  contentId: string;
  /** Shown inside the HTML part, not offered as a file. */
  inline: boolean;
  bytes: Uint8Array;
};

export type ParsedMail = {
  /** Without angle brackets; null when the mail carries none. */
  messageId: string | null;
  subject: string;
  from: Mailbox | null;
  to: Mailbox[];
  cc: Mailbox[];
  /** `Name: value`, unfolded, encoded words decoded. */
  headers: string[];
  html: string;
  text: string;
  parts: MailPart[];
};

const unreadable: ParsedMail = {
  messageId: null,
  subject: '',
  from: null,
  to: [],
  cc: [],
  headers: [],
  html: '',
  text: '',
  parts: [],
};

/** Reads a mail for display and search. A mail that cannot be read has empty fields; it is never refused. */
export async function parseMail(raw: Uint8Array): Promise<ParsedMail> {
  try {
    return describe(await PostalMime.parse(raw));
  } catch {
    return unreadable;
  }
}

function describe(mail: Email): ParsedMail {
  return {
    messageId: mail.messageId?.trim().replace(/^<|>$/g, '') || null,
    subject: mail.subject ?? '',
    from: mailboxes(mail.from)[0] ?? null,
    to: mailboxes(...(mail.to ?? [])),
    cc: mailboxes(...(mail.cc ?? [])),
    headers: mail.headers.map((header) => `${header.originalKey}: ${decodeWords(header.value)}`),
    html: mail.html ?? '',
    text: mail.text ?? '',
    parts: mail.attachments.map((part, index) => ({
      partId: index + 1,
      fileName: part.filename ?? `part-${index + 1}`,
      contentType: part.mimeType,
      contentId: (part.contentId ?? '').replace(/^<|>$/g, ''),
      inline: part.related === true,
      bytes: typeof part.content === 'string' ? Buffer.from(part.content) : new Uint8Array(part.content),
    })),
  };
}

/** The mailboxes among addresses, with groups opened. */
export function mailboxes(...addresses: Array<Address | undefined>): Mailbox[] {
  return addresses.flatMap((entry) => {
    if (!entry) return [];
    return entry.group ? entry.group : [{ name: entry.name, address: entry.address }];
  });
}
