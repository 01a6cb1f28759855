import PdfKit from 'pdfkit';
import type { BookFonts } from './bookFonts.ts';
import { bookVersion, editionDate, frontMatter } from './manuscript.ts';
import type { Manuscript } from './manuscript.ts';

type Doc = InstanceType<typeof PdfKit>;

const ink = '#1a1d23';
const quiet = '#565d6b';
const margins = { top: 56, bottom: 64, left: 48, right: 48 };

/** Sets a manuscript as a PDF in A5. The same text and fonts give the same bytes, on any machine at any time. */
export async function renderPdf(manuscript: Manuscript, fonts: BookFonts): Promise<Uint8Array> {
  const doc = openDocument(manuscript);
  doc.registerFont('regular', fonts.regular);
  doc.registerFont('bold', fonts.bold);
  const finished = collect(doc);
  drawCover(doc, manuscript);
  drawImprint(doc, manuscript);
  const contentsPage = addPage(doc);
  const chapterPages = manuscript.chapters.map((chapter, index) => drawChapter(doc, chapter, index));
  drawContents(doc, manuscript, { contentsPage, chapterPages });
  drawPageNumbers(doc);
  doc.end();
  return finished;
}

function openDocument({ title, author, language, subtitle }: Manuscript): Doc {
  return new PdfKit({
    size: 'A5',
    margins,
    pdfVersion: '1.7',
    lang: language,
    displayTitle: true,
    autoFirstPage: false,
    bufferPages: true,
    // No Helvetica unless it is used; the type lacks the empty name.
    font: '',
    // Compressed bytes may differ from one zlib to the next.
    compress: false,
    info: {
      Title: title,
      Author: author,
      Subject: subtitle,
      Keywords: `edition ${bookVersion}`,
      Creator: 'Sandbox',
      CreationDate: editionDate,
      ModDate: editionDate,
    },
  });
}

async function collect(doc: Doc): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of doc) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}

/** Adds a page and returns its index. */
function addPage(doc: Doc): number {
  doc.addPage();
  return lastPage(doc);
}

function lastPage(doc: Doc): number {
  return doc.bufferedPageRange().count - 1;
}

function drawCover(doc: Doc, { title, subtitle, author, coverColor, language }: Manuscript): void {
  addPage(doc);
  const { width, height } = doc.page;
  doc.rect(0, 0, width, height).fill(coverColor);
  doc.rect(margins.left, 130, 56, 4).fill('#ffffff');
  doc.font('bold').fontSize(30).fillColor('#ffffff').text(title, margins.left, 150);
  doc.moveDown(0.4).font('regular').fontSize(14).text(subtitle);
  doc
    .font('bold')
    .fontSize(13)
    .text(author, margins.left, height - 120);
  doc.outline.addItem(frontMatter[language].cover);
}

function drawImprint(doc: Doc, { title, author, language, identifier }: Manuscript): void {
  addPage(doc);
  doc.font('bold').fontSize(12).fillColor(ink).text(title, margins.left, 320);
  doc.font('regular').fontSize(10).text(author).moveDown();
  for (const line of frontMatter[language].imprint) doc.text(line, { lineGap: 2 }).moveDown(0.5);
  doc.fillColor(quiet).text(`urn:uuid:${identifier}`);
}

function drawChapter(doc: Doc, { title, paragraphs }: Manuscript['chapters'][number], index: number): number {
  const page = addPage(doc);
  doc.addNamedDestination(destination(index));
  doc.outline.addItem(`${index + 1}. ${title}`);
  doc
    .font('regular')
    .fontSize(34)
    .fillColor(quiet)
    .text(String(index + 1), margins.left, 90);
  doc.font('bold').fontSize(19).fillColor(ink).text(title).moveDown(1);
  doc.font('regular').fontSize(12.5);
  for (const paragraph of paragraphs) doc.text(paragraph, { lineGap: 5 }).moveDown(0.7);
  return page;
}

function drawContents(
  doc: Doc,
  { chapters, language }: Manuscript,
  pages: { contentsPage: number; chapterPages: number[] },
): void {
  doc.switchToPage(pages.contentsPage);
  doc
    .font('bold')
    .fontSize(19)
    .fillColor(ink)
    .text(frontMatter[language].contents, margins.left, 90)
    .moveDown(1);
  doc.font('regular').fontSize(12);
  for (const [index, { title }] of chapters.entries()) {
    const top = doc.y;
    const number = String((pages.chapterPages[index] ?? 0) + 1);
    doc.text(number, margins.left, top, { align: 'right' });
    doc.text(`${index + 1}. ${title}`, margins.left, top, { goTo: destination(index) }).moveDown(0.6);
  }
}

function drawPageNumbers(doc: Doc): void {
  for (let page = 2; page <= lastPage(doc); page += 1) {
    doc.switchToPage(page);
    // The number stands in the margin, where text would otherwise start a new page.
    doc.page.margins.bottom = 0;
    doc.font('regular').fontSize(9).fillColor(quiet);
    const width = doc.page.width - margins.left - margins.right;
    doc.text(String(page + 1), margins.left, doc.page.height - 40, { width, align: 'center' });
  }
}

function destination(chapterIndex: number): string {
  return `chapter-${chapterIndex + 1}`;
}
