import { deflateSync } from 'node:zlib';
import { PDFName, type PDFContext, type PDFRef } from '@cantoo/pdf-lib';
import type { StampFont } from './stampFont.ts';

export interface EmbeddedFont {
  name: string;
  descriptor: PDFRef;
  /** The same font for letters of one byte each: other programs leave those as they are. */
  ascii: PDFRef;
}

/**
 * Embeds the stamp's font whole: a name can need any of its glyphs, and a copy then costs no time for a subset. Its
 * 370 kB are a part of the shared body.
 */
export function embedFont(context: PDFContext, font: StampFont): EmbeddedFont {
  const program = font.program();
  const shape = font.shape();
  const file = context.register(
    context.stream(deflateSync(program, { level: 9 }), { Filter: 'FlateDecode', Length1: program.length }),
  );
  const descriptor = context.register(
    context.obj({
      Type: 'FontDescriptor',
      FontName: shape.name,
      // Non-symbolic (ISO 32000-1, table 123).
      Flags: 32,
      FontBBox: [...shape.box],
      ItalicAngle: shape.italicAngle,
      Ascent: shape.ascent,
      Descent: shape.descent,
      CapHeight: shape.capHeight,
      StemV: 80,
      FontFile2: file,
    }),
  );
  const ascii = context.register(
    context.obj({
      Type: 'Font',
      Subtype: 'TrueType',
      BaseFont: shape.name,
      Encoding: PDFName.of('WinAnsiEncoding'),
      FirstChar: 32,
      LastChar: 126,
      Widths: shape.asciiWidths,
      FontDescriptor: descriptor,
    }),
  );
  return { name: shape.name, descriptor, ascii };
}
