import PostalMime from 'postal-mime';

export interface ReceiptMail {
  /** For example `R-2026/000001`. */
  number: string;
  orderId: string | null;
  subject: string;
  pdf: { fileName: string; sizeBytes: number; namesNumber: boolean };
  /** The page of the receipt, which names the payment. */
  receiptUrl: string | null;
  /** Download links, each once. */
  links: string[];
}

const numberForm = /\b[A-Z0-9]{1,8}-\d{4}\/\d{6,}\b/;
const orderForm = /\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/;
const receiptForm = /https?:\/\/[^\s<>"]+\/r\/[A-Za-z0-9_-]{44}/;
const linkForm = /https?:\/\/[^\s<>"]+\/d\/[A-Za-z0-9_-]{44}/g;

/** Reads a mail as a receipt; undefined when it has no number or no PDF. */
export async function readReceiptMail(raw: Uint8Array): Promise<ReceiptMail | undefined> {
  const mail = await PostalMime.parse(raw);
  const text = mail.text ?? '';
  const [number] = numberForm.exec(text) ?? [];
  const attached = mail.attachments.find(({ mimeType }) => mimeType === 'application/pdf');
  if (number === undefined || !attached) return undefined;
  const bytes =
    typeof attached.content === 'string'
      ? Buffer.from(attached.content)
      : Buffer.from(attached.content as ArrayBuffer);
  if (!isPdf(bytes)) return undefined;
  return {
    number,
    orderId: orderForm.exec(text)?.[0] ?? null,
    subject: mail.subject ?? '',
    pdf: { fileName: attached.filename ?? '', sizeBytes: bytes.length, namesNumber: names(bytes, number) },
    receiptUrl: receiptForm.exec(text)?.[0] ?? null,
    links: [...new Set(text.match(linkForm))],
  };
}

export const isPdf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-';

/** EPUB files are archives whose first entry says so (EPUB 3.3 §4.3, OCF ZIP container). */
export const isEpub = (bytes: Uint8Array) =>
  Buffer.from(bytes.subarray(0, 58)).toString('latin1').startsWith('PK\x03\x04') &&
  Buffer.from(bytes.subarray(30, 58)).toString('latin1') === 'mimetypeapplication/epub+zip';

/** The document's title stands in the PDF uncompressed: as it is, or in UTF-16. */
function names(pdf: Buffer, number: string): boolean {
  return pdf.includes(number, 0, 'latin1') || pdf.includes(Buffer.from(number, 'utf16le').swap16());
}
