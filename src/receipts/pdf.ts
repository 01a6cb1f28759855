import { localeOf } from '../domain/locale.ts';
import type { CreditNoteDocument } from './creditNote.ts';
import { creditNotePaper } from './creditNotePaper.ts';
import type { ReceiptDocument } from './document.ts';
import { receiptFonts } from './fonts.ts';
import { titleOf } from './paper.ts';
import type { Paper, Party } from './paper.ts';
import { drawItems } from './pdfItems.ts';
import { drawSums } from './pdfSums.ts';
import { receiptPaper } from './receiptPaper.ts';
import { bytesOf, contentWidth, createSheet, inks, page } from './sheet.ts';
import type { Sheet } from './sheet.ts';
import { leading } from './typesetter.ts';
import type { TextStyle } from './typesetter.ts';

const shopStyle: TextStyle = { size: 10.5, colour: inks.text, strong: true };
const titleStyle: TextStyle = { size: 24, colour: inks.text, strong: true };
const numberStyle: TextStyle = { size: 12, colour: inks.soft };
const labelStyle: TextStyle = { size: 8, colour: inks.soft };
const textStyle: TextStyle = { size: 9.5, colour: inks.text };
const nameStyle: TextStyle = { ...textStyle, strong: true };
const noteStyle: TextStyle = { size: 9, colour: inks.soft };
const footStyle: TextStyle = { size: 7.5, colour: inks.soft };

export const receiptPdf = (document: ReceiptDocument) => paperPdf(receiptPaper(document));

export const creditNotePdf = (document: CreditNoteDocument) => paperPdf(creditNotePaper(document));

/**
 * A paper as a PDF: tagged for screen readers, fonts embedded as subsets, nothing active inside.
 * The same paper gives the same bytes.
 */
async function paperPdf(paper: Paper): Promise<Uint8Array> {
  const sheet = createSheet({
    title: titleOf(paper),
    author: paper.shopName,
    language: localeOf(paper.language),
    createdAt: new Date(paper.issuedAt),
    fonts: receiptFonts(),
  });
  drawHead(sheet, paper);
  drawFacts(sheet, paper);
  drawParties(sheet, paper);
  drawItems(sheet, paper);
  drawSums(sheet, paper);
  drawFooters(sheet, paper);
  return bytesOf(sheet);
}

function drawHead(sheet: Sheet, paper: Paper): void {
  const place = { x: page.left, width: contentWidth };
  const shop = sheet.type.wrap(paper.shopName, shopStyle, { width: contentWidth, linesMax: 2 });
  let y = sheet.paragraph(shop, shopStyle, { ...place, y: sheet.y });
  y = sheet.paragraph([paper.heading], titleStyle, { ...place, y: y + 28, tag: 'H1' });
  const number = sheet.type.wrap(paper.number, numberStyle, { width: contentWidth, linesMax: 1 });
  y = sheet.paragraph(number, numberStyle, { ...place, y: y + 1 });
  for (const notice of paper.notices) {
    const lines = sheet.type.wrap(notice, noteStyle, { width: contentWidth, linesMax: 3 });
    y = sheet.paragraph(lines, noteStyle, { ...place, y: y + 10 });
  }
  sheet.y = y + 24;
}

/** Label over text, beside each other. */
function drawFacts(sheet: Sheet, paper: Paper): void {
  // Four are too narrow for one row.
  const inRow = paper.facts.length === 4 ? 2 : paper.facts.length;
  const width = contentWidth / inRow;
  for (let first = 0; first < paper.facts.length; first += inRow) {
    const bottoms = paper.facts.slice(first, first + inRow).map(({ label, text }, at) => {
      const place = { x: page.left + at * width, width: width - 12 };
      const y = sheet.paragraph([label], labelStyle, { ...place, y: sheet.y });
      const lines = sheet.type.wrap(text, textStyle, { width: place.width, linesMax: 2 });
      return sheet.paragraph(lines, textStyle, { ...place, y: y + 2 });
    });
    sheet.y = Math.max(...bottoms) + 10;
  }
  sheet.y += 10;
}

function drawParties(sheet: Sheet, paper: Paper): void {
  sheet.rule(sheet.y, inks.line);
  const top = sheet.y + 20;
  const width = (contentWidth - 36) / 2;
  const bottoms = paper.parties.map((party, at) =>
    drawParty(sheet, party, { x: page.left + at * (width + 36), y: top, width }),
  );
  sheet.y = Math.max(...bottoms) + 30;
}

function drawParty(sheet: Sheet, party: Party, place: { x: number; y: number; width: number }): number {
  const room = { width: place.width, linesMax: 3 };
  let y = sheet.paragraph([party.label], labelStyle, { ...place, tag: 'H2' });
  y = sheet.paragraph(sheet.type.wrap(party.name, nameStyle, room), nameStyle, { ...place, y: y + 3 });
  const lines = party.lines.slice(0, 14).flatMap((line) => sheet.type.wrap(line, textStyle, room));
  return lines.length ? sheet.paragraph(lines, textStyle, { ...place, y }) : y;
}

/** On every page: what this paper is, and which page of how many. */
function drawFooters(sheet: Sheet, paper: Paper): void {
  const { start, count } = sheet.pdf.bufferedPageRange();
  const y = page.height - 44;
  for (let at = 0; at < count; at += 1) {
    sheet.pdf.switchToPage(start + at);
    sheet.rule(y - leading(footStyle), inks.line);
    const place = { x: page.left, width: contentWidth, y };
    if (at === count - 1) sheet.paragraph([paper.legalNote], footStyle, place);
    else sheet.artifact(() => sheet.type.set(paper.legalNote, footStyle, place));
    sheet.artifact(() =>
      sheet.type.set(paper.pageText(at + 1, count), footStyle, { ...place, align: 'right' }),
    );
  }
}
