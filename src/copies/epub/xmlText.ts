/** How text is written as bytes. */
export const encodings = ['utf8', 'utf16le', 'utf16be'] as const;
export type XmlEncoding = (typeof encodings)[number];

export interface XmlText {
  /** A byte order mark stays where it is, as U+FEFF. */
  text: string;
  /** Null: it could be read, but is not written in this encoding again. */
  encoding: XmlEncoding | null;
}

/** Reads the bytes of an XML file: by its byte order mark, else as its declaration says, else as UTF-8. */
export function decodeXml(bytes: Buffer): XmlText | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return sixteenBits(bytes, 'utf16le');
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return sixteenBits(bytes, 'utf16be');
  const head = bytes.toString('latin1', 0, 200);
  const declared = /^(?:\xef\xbb\xbf)?<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)["']/.exec(head)?.[1];
  if (declared !== undefined && !/^(utf-?8|us-ascii|ascii)$/i.test(declared)) return foreign(bytes, declared);
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? { text, encoding: 'utf8' } : undefined;
}

function sixteenBits(bytes: Buffer, encoding: 'utf16le' | 'utf16be'): XmlText | undefined {
  if (bytes.length % 2 !== 0) return undefined;
  const ordered = encoding === 'utf16le' ? bytes : Buffer.from(bytes).swap16();
  return { text: ordered.toString('utf16le'), encoding };
}

function foreign(bytes: Buffer, label: string): XmlText | undefined {
  try {
    return { text: new TextDecoder(label, { fatal: true }).decode(bytes), encoding: null };
  } catch {
    return undefined;
  }
}

export function encodeXml(text: string, encoding: XmlEncoding): Buffer {
  if (encoding === 'utf8') return Buffer.from(text, 'utf8');
  const bytes = Buffer.from(text, 'utf16le');
  return encoding === 'utf16le' ? bytes : bytes.swap16();
}

/** Text of a buyer as text of XML 1.0, also within quotes. Characters that XML cannot hold are left out. */
export function escapeXml(text: string): string {
  return text
    .replace(/\p{Surrogate}/gu, '')
    .replace(/[\t\n\r\u0085\u2028\u2029]+/g, ' ')
    .replace(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, '')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** In which direction a line is read: that of its first letter (Unicode's rule P2). */
export function directionOf(text: string): 'ltr' | 'rtl' {
  const first = /\p{L}/u.exec(text)?.[0] ?? '';
  return rightToLeft.test(first) ? 'rtl' : 'ltr';
}

/** The blocks that Unicode keeps for scripts that are written from the right. */
const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;
