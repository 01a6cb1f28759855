import PostalMime, { addressParser } from 'postal-mime';
import { mailboxes } from './mailParsing.ts';
import type { StoredMail } from './mailStore.ts';
import { ImapSyntaxError, textOf } from './imapTokens.ts';
import type { ImapToken } from './imapTokens.ts';

/** Writes the value of one item, as text or bytes. */
type ImapItem = { name: string; value: (mail: StoredMail) => Promise<Buffer> | Buffer };

const macros: Record<string, string[]> = {
  FAST: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'],
  ALL: ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE', 'ENVELOPE'],
};

/** Reads what a FETCH asks for (RFC 3501, 6.4.5). BODYSTRUCTURE and single MIME parts are not offered. */
export function parseFetchItems(token: ImapToken | undefined, byUid: boolean): ImapItem[] {
  const names = token?.kind === 'list' ? token.items.map(textOf) : [textOf(token)];
  const items = names.flatMap((name) => macros[name.toUpperCase()] ?? [name]).map(toItem);
  // UID FETCH answers with the UID even when it was not asked for (RFC 3501, 6.4.8).
  return byUid && !items.some((item) => item.name === 'UID') ? [toItem('UID'), ...items] : items;
}

function toItem(name: string): ImapItem {
  switch (name.toUpperCase()) {
    case 'UID':
      return { name: 'UID', value: (mail) => Buffer.from(String(mail.uid)) };
    case 'FLAGS':
      return { name: 'FLAGS', value: () => Buffer.from('()') };
    case 'INTERNALDATE':
      return { name: 'INTERNALDATE', value: (mail) => Buffer.from(internalDate(mail.receivedAt)) };
    case 'RFC822.SIZE':
      return { name: 'RFC822.SIZE', value: (mail) => Buffer.from(String(mail.sizeBytes)) };
    case 'ENVELOPE':
      return { name: 'ENVELOPE', value: (mail) => envelope(mail.raw) };
    case 'RFC822':
      return { name: 'RFC822', value: (mail) => literal(mail.raw) };
    case 'RFC822.HEADER':
      return { name: 'RFC822.HEADER', value: (mail) => literal(splitMail(mail.raw).header) };
    case 'RFC822.TEXT':
      return { name: 'RFC822.TEXT', value: (mail) => literal(splitMail(mail.raw).body) };
    default:
      return bodyItem(name);
  }
}

function bodyItem(name: string): ImapItem {
  const parts = /^BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d{1,9})\.(\d{1,9})>)?$/i.exec(name);
  if (!parts) throw new ImapSyntaxError(`${name} is not offered here`);
  const [, section = '', offset, length] = parts;
  const read = sectionReader(section);
  if (offset === undefined) return { name: `BODY[${section}]`, value: (mail) => literal(read(mail.raw)) };
  const start = Number(offset);
  const value = (mail: StoredMail) => literal(read(mail.raw).subarray(start, start + Number(length)));
  return { name: `BODY[${section}]<${start}>`, value };
}

function sectionReader(section: string): (raw: Buffer) => Buffer {
  const fields = /^HEADER\.FIELDS(\.NOT)?\s*\(([^)]*)\)$/i.exec(section);
  if (fields) {
    const names = (fields[2] ?? '').toLowerCase().replaceAll('"', '').split(/\s+/).filter(Boolean);
    return (raw) =>
      headerFields(splitMail(raw).header, (name) => names.includes(name) !== Boolean(fields[1]));
  }
  switch (section.toUpperCase()) {
    case '':
      return (raw) => raw;
    case 'HEADER':
      return (raw) => splitMail(raw).header;
    case 'TEXT':
      return (raw) => splitMail(raw).body;
    default:
      throw new ImapSyntaxError(`BODY[${section}] is not offered here`);
  }
}

function headerFields(header: Buffer, wanted: (name: string) => boolean): Buffer {
  // latin1 keeps every byte as it is.
  const fields = header.toString('latin1').split(/\r?\n(?![ \t])/);
  const kept = fields.filter(
    (field) => field.includes(':') && wanted(field.slice(0, field.indexOf(':')).trim().toLowerCase()),
  );
  return Buffer.from(`${kept.map((field) => `${field}\r\n`).join('')}\r\n`, 'latin1');
}

/** The header with the empty line that ends it, and the body. */
function splitMail(raw: Buffer): { header: Buffer; body: Buffer } {
  const end = /\r?\n\r?\n/.exec(raw.toString('latin1'));
  const cut = end ? end.index + end[0].length : raw.length;
  return { header: raw.subarray(0, cut), body: raw.subarray(cut) };
}

function internalDate(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `"${day}-${month}-${year} ${time} +0000"`;
}

async function envelope(raw: Buffer): Promise<Buffer> {
  const { headers } = await PostalMime.parse(splitMail(raw).header);
  const field = (name: string) => headers.find((header) => header.key === name)?.value;
  const from = addresses(field('from'));
  const fields = [
    nstring(field('date')),
    nstring(field('subject')),
    from,
    addresses(field('sender'), from),
    addresses(field('reply-to'), from),
    addresses(field('to')),
    addresses(field('cc')),
    addresses(field('bcc')),
    nstring(field('in-reply-to')),
    nstring(field('message-id')),
  ];
  return Buffer.from(`(${fields.join(' ')})`);
}

function addresses(header: string | undefined, whenAbsent = 'NIL'): string {
  const found = header ? mailboxes(...addressParser(header)) : [];
  if (found.length === 0) return whenAbsent;
  const written = found.map(({ name, address }) => {
    const at = address.lastIndexOf('@');
    const [local, domain] = at < 0 ? [address, ''] : [address.slice(0, at), address.slice(at + 1)];
    return `(${nstring(encodedWord(name) || undefined)} NIL ${nstring(local)} ${nstring(domain)})`;
  });
  return `(${written.join('')})`;
}

/** Header text beyond ASCII travels as an encoded word (RFC 2047). */
function encodedWord(text: string): string {
  return /^[\x20-\x7e]*$/.test(text) ? text : `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;
}

function nstring(text: string | undefined): string {
  if (text === undefined) return 'NIL';
  if (/^[\x20-\x7e]*$/.test(text)) return `"${text.replace(/["\\]/g, String.raw`\$&`)}"`;
  return literal(Buffer.from(text)).toString();
}

function literal(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{${bytes.length}}\r\n`), bytes]);
}

/** One untagged FETCH response. */
export async function writeFetch(position: number, mail: StoredMail, items: ImapItem[]): Promise<Buffer> {
  const pieces: Buffer[] = [Buffer.from(`* ${position} FETCH (`)];
  for (const [index, item] of items.entries()) {
    pieces.push(Buffer.from(`${index > 0 ? ' ' : ''}${item.name} `), await item.value(mail));
  }
  return Buffer.concat([...pieces, Buffer.from(')\r\n')]);
}
