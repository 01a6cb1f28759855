import {
  PDFArray,
  PDFName,
  PDFRawStream,
  PDFRef,
  PDFStream,
  type PDFContext,
  type PDFObject,
} from '@cantoo/pdf-lib';
import { deflateSync } from 'node:zlib';
import { balanceOf, withoutStrayRestores } from './contentBalance.ts';
import type { SourcePage } from './sourceDocument.ts';
import { contentOf } from './streamContent.ts';

/** The contents of a page, ready to stand between two streams of ours. */
export interface ContainedContents {
  streams: PDFRef[];
  /** Operators that close what they leave open. */
  closing: string;
  /** Streams that the page names and the file has not. */
  missing: number;
}

/** Larger ones are drawings with millions of lines by programs; those close what they open. */
const readMaxBytes = 32 * 1024 * 1024;

/** Finds what a page's contents leave open; contents that restore more than they saved are cleaned of that. */
export function containContents(context: PDFContext, { dict }: SourcePage): ContainedContents {
  const listed = listedStreams(context, dict.get(PDFName.of('Contents')));
  const streams = listed.filter((ref) => context.lookup(ref) instanceof PDFStream);
  const missing = listed.length - streams.length;
  const content = joinedContent(context, streams);
  if (content === undefined) return { streams, closing: '', missing };
  const balance = balanceOf(content);
  if (balance.strayRestores.length === 0) return { streams, closing: balance.closing, missing };
  const cleaned = context.stream(deflateSync(withoutStrayRestores(content, balance)), {
    Filter: 'FlateDecode',
  });
  return { streams: [context.register(cleaned)], closing: balance.closing, missing };
}

function listedStreams(context: PDFContext, contents: PDFObject | undefined): PDFRef[] {
  if (contents instanceof PDFRef && context.lookup(contents) instanceof PDFStream) return [contents];
  const list = context.lookup(contents);
  if (list instanceof PDFArray) return list.asArray().filter((one) => one instanceof PDFRef);
  return contents instanceof PDFRef && list === undefined ? [contents] : [];
}

/** As a viewer reads them: one after the other, with white space between. */
function joinedContent(context: PDFContext, streams: PDFRef[]): Buffer | undefined {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const ref of streams) {
    const stream = context.lookup(ref);
    const content = stream instanceof PDFRawStream ? contentOf(stream, readMaxBytes) : undefined;
    if (content === undefined || (sizeBytes += content.length) > readMaxBytes) return undefined;
    parts.push(content, Buffer.from('\n'));
  }
  return Buffer.concat(parts);
}
