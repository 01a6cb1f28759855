import PDFDocument from 'pdfkit';
import type { ReceiptFonts } from './fonts.ts';
import { createTypesetter, leading } from './typesetter.ts';
import type { TextPlace, TextStyle, Typesetter } from './typesetter.ts';

export const inks = {
  text: '#14181f',
  soft: '#5b636f',
  line: '#d9dde3',
  strongLine: '#14181f',
  note: '#f3f4f6',
};

/** A4 and its margins, in points. */
export const page = { width: 595.28, height: 841.89, left: 54, right: 541.28, top: 56, bottom: 770 };
export const contentWidth = page.right - page.left;

export type StructureTag = 'H1' | 'H2' | 'P' | 'TH' | 'TD';

/** A pile of A4 pages with a cursor, and the tree by which screen readers walk through them. */
export interface Sheet {
  pdf: PDFKit.PDFDocument;
  type: Typesetter;
  /** Where the next thing goes, in points from the top. */
  y: number;
  /** The element to which new content belongs. */
  root: PDFKit.PDFStructureElement;
  /** Sets lines one under another as one tagged paragraph; returns the y below them. */
  paragraph(lines: string[], style: TextStyle, place: TextPlace & TagPlace): number;
  rule(y: number, colour: string): void;
  /** Draws what is no content: repeated heads, page numbers, lines. */
  artifact(draw: () => void): void;
}

export interface TagPlace {
  tag?: StructureTag;
  parent?: PDFKit.PDFStructureElement;
}

export interface SheetOptions {
  title: string;
  author: string;
  language: string;
  createdAt: Date;
  fonts: ReceiptFonts;
}

/** The same options and the same drawing give the same bytes: dates and file id come from `createdAt` and title. */
export function createSheet({ title, author, language, createdAt, fonts }: SheetOptions): Sheet {
  const pdf = new PDFDocument({
    size: [page.width, page.height],
    margin: 0,
    bufferPages: true,
    // Without a default font pdfkit embeds no Helvetica.
    font: null as unknown as string,
    pdfVersion: '1.7',
    tagged: true,
    displayTitle: true,
    lang: language,
    info: {
      Title: title,
      Author: author,
      Creator: 'fulfillment-orchestrator',
      CreationDate: createdAt,
      ModDate: createdAt,
    },
  });
  const type = createTypesetter(pdf, fonts);
  const root = pdf.struct('Document');
  pdf.addStructure(root);

  const artifact = (draw: () => void) => {
    pdf.markContent('Artifact', { type: 'Layout' });
    draw();
    pdf.endMarkedContent();
  };

  const paragraph: Sheet['paragraph'] = (lines, style, { tag = 'P', parent = root, ...place }) => {
    const content = pdf.markStructureContent(tag);
    lines.forEach((line, at) => type.set(line, style, { ...place, y: place.y + at * leading(style) }));
    pdf.endMarkedContent();
    parent.add(pdf.struct(tag, {}, [content]));
    return place.y + lines.length * leading(style);
  };

  const rule = (y: number, colour: string) =>
    artifact(() => pdf.moveTo(page.left, y).lineTo(page.right, y).lineWidth(0.6).stroke(colour));

  return { pdf, type, y: page.top, root, paragraph, rule, artifact };
}

/** Ends the document and gathers its bytes. */
export async function bytesOf({ pdf, root }: Sheet): Promise<Uint8Array> {
  root.end();
  const chunks: Buffer[] = [];
  pdf.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise<void>((resolve, reject) => {
    pdf.once('end', resolve);
    pdf.once('error', reject);
    pdf.end();
  });
  return Buffer.concat(chunks);
}
