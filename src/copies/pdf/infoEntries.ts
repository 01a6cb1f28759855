import { PDFDict, PDFName, type PDFObject } from '@cantoo/pdf-lib';
import { bytesOf } from './bodyWriter.ts';
import { entryKey } from './tail.ts';

/** The document's properties as they are, without a mark of an earlier copy. */
export function infoEntries(info: PDFObject | undefined): string {
  if (!(info instanceof PDFDict)) return '';
  const kept = info.clone();
  kept.delete(PDFName.of(entryKey));
  const text = Buffer.from(bytesOf(kept)).toString('latin1');
  return text.slice(text.indexOf('<<') + 2, text.lastIndexOf('>>')).trim();
}
