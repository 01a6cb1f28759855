import { inflateRawSync, inflateSync } from 'node:zlib';

/** How a text may be written: as it is, decomposed, and in the ways of mails, URLs, JSON and databases; in small letters. */
export function formsOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const shifted = [0, 1, 2].map((pad) =>
    Buffer.concat([Buffer.alloc(pad), bytes])
      .toString('base64')
      .slice(pad === 0 ? 0 : 4)
      .replace(/.{0,3}=*$/, ''),
  );
  const quoted = [...bytes]
    .map((byte) =>
      byte > 126 || byte === 61
        ? `=${byte.toString(16).toUpperCase().padStart(2, '0')}`
        : String.fromCodePoint(byte),
    )
    .join('');
  const escaped = text.replace(
    /[^ -~]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [
    text,
    text.normalize('NFD'),
    encodeURIComponent(text),
    bytes.toString('hex'),
    quoted,
    escaped,
    ...shifted,
  ].map((form) => form.toLowerCase());
}

/** Whether bytes hold one of these forms: as they are, without the soft line ends of mails, or in a compressed part of them. */
export function bytesHold(bytes: Uint8Array, forms: readonly string[]): boolean {
  const whole = Buffer.from(bytes);
  return [whole, ...streamsOf(whole), ...entriesOf(whole)].some((part) => {
    const text = part.toString().toLowerCase();
    const unfolded = text.includes('=\r\n') ? text.replaceAll('=\r\n', '') : text;
    return forms.some((form) => text.includes(form) || unfolded.includes(form));
  });
}

/** The streams of a PDF, inflated. */
function* streamsOf(bytes: Buffer): Generator<Buffer> {
  if (!bytes.subarray(0, 5).equals(Buffer.from('%PDF-'))) return;
  for (const [, stream = ''] of bytes.toString('latin1').matchAll(/stream\r?\n([\s\S]*?)endstream/g)) {
    try {
      yield inflateSync(Buffer.from(stream, 'latin1'));
    } catch {
      // It is not compressed, and was looked at as it is.
    }
  }
}

/** The entries of a ZIP archive, such as an EPUB, inflated (APPNOTE 4.3.7). */
function* entriesOf(bytes: Buffer): Generator<Buffer> {
  const mark = Buffer.from('PK\u0003\u0004');
  for (let at = bytes.indexOf(mark); at !== -1; at = bytes.indexOf(mark, at + 4)) {
    if (at + 30 > bytes.length || bytes.readUInt16LE(at + 8) !== 8) continue;
    try {
      yield inflateRawSync(
        bytes.subarray(at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28)),
      );
    } catch {
      // The mark was found inside of something else.
    }
  }
}

type Ask = <Row extends object>(text: string) => Promise<Row[]>;

/** Columns of the whole database in which one of these words is found, in whatever form. */
export async function columnsHolding(ask: Ask, words: readonly string[]): Promise<string[]> {
  const forms = words.flatMap(formsOf);
  const tables = await ask<{ name: string }>(
    `select c.relname as name from pg_class c
      where c.relnamespace = 'fulfillment'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
  );
  const places: string[] = [];
  for (const { name } of tables)
    for (const { row } of await ask<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from fulfillment.${name} t`,
    ))
      for (const [column, value] of Object.entries(row)) {
        const text = JSON.stringify(value)?.toLowerCase() ?? '';
        const bytes =
          typeof value === 'string' && value.startsWith('\\x') ? Buffer.from(value.slice(2), 'hex') : null;
        if (forms.some((form) => text.includes(form)) || (bytes && bytesHold(bytes, forms)))
          places.push(`${name}.${column}`);
      }
  return [...new Set(places)].toSorted();
}
