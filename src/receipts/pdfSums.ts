import type { Fact, Paper } from './paper.ts';
import { turnPage } from './pdfItems.ts';
import { contentWidth, inks, page } from './sheet.ts';
import type { Sheet } from './sheet.ts';
import { leading } from './typesetter.ts';
import type { TextStyle } from './typesetter.ts';

const labelStyle: TextStyle = { size: 9.5, colour: inks.soft };
const valueStyle: TextStyle = { size: 9.5, colour: inks.text };
const paidStyle: TextStyle = { size: 14, colour: inks.text, strong: true };
const smallLabel: TextStyle = { size: 8, colour: inks.soft };
const smallText: TextStyle = { size: 8.5, colour: inks.text };

const sumsWidth = 228;
const notesWidth = contentWidth - sumsWidth - 36;
const rowHeight = 19;

/** Sums on the right; taxes, references and whom to ask on the left. */
export function drawSums(sheet: Sheet, paper: Paper): void {
  const rows = paper.sums;
  if (sheet.y + 18 + rows.length * rowHeight + 40 > page.bottom) turnPage(sheet, paper);
  const top = sheet.y + 18;
  drawSumRows(sheet, rows, top);
  sheet.y = top;
  drawTaxes(sheet, paper);
  drawNotes(sheet, paper);
}

function drawSumRows(sheet: Sheet, rows: Fact[], top: number): void {
  const x = page.right - sumsWidth;
  const paid = rows.at(-1);
  let y = top;
  for (const { label, text } of rows.slice(0, -1)) {
    sheet.paragraph([label], labelStyle, { x, y, width: sumsWidth });
    sheet.paragraph([text], shrunk(sheet, text, valueStyle), { x, y, width: sumsWidth, align: 'right' });
    y += rowHeight;
  }
  if (!paid) return;
  y += 7;
  sheet.artifact(() => sheet.pdf.moveTo(x, y).lineTo(page.right, y).lineWidth(0.9).stroke(inks.strongLine));
  const style = shrunk(sheet, paid.text, paidStyle);
  sheet.paragraph([paid.label], { ...valueStyle, strong: true }, { x, y: y + 15.5, width: sumsWidth });
  const place = { x, y: y + 11 + (paidStyle.size - style.size), width: sumsWidth, align: 'right' as const };
  sheet.paragraph([paid.text], style, place);
}

/** A style small enough for the text to leave room for its label. */
function shrunk(sheet: Sheet, text: string, style: TextStyle): TextStyle {
  const room = sumsWidth * 0.6;
  const width = sheet.type.widthOf(text, style);
  return width <= room ? style : { ...style, size: Math.max(5.5, (style.size * room) / width) };
}

function drawTaxes(sheet: Sheet, paper: Paper): void {
  if (paper.rates === null) return;
  const table = sheet.pdf.struct('Table');
  sheet.root.add(table);
  drawTaxRow(sheet, { cells: paper.rates.head, table, head: true });
  for (const cells of paper.rates.rows) {
    if (sheet.y + rowHeight > page.bottom) turnPage(sheet, paper);
    drawTaxRow(sheet, { cells, table, head: false });
  }
  table.end();
  sheet.y += 14;
}

function drawTaxRow(
  sheet: Sheet,
  { cells, table, head }: { cells: string[]; table: PDFKit.PDFStructureElement; head: boolean },
): void {
  const style = head ? smallLabel : smallText;
  const row = sheet.pdf.struct('TR');
  table.add(row);
  // The first cell is a short rate; the amounts share the rest.
  const rateWidth = notesWidth * 0.19;
  const amountWidth = (notesWidth - rateWidth) / (cells.length - 1);
  cells.forEach((text, at) => {
    const place = at
      ? { x: page.left + rateWidth + (at - 1) * amountWidth, width: amountWidth, align: 'right' as const }
      : { x: page.left, width: rateWidth };
    const natural = sheet.type.widthOf(text, style);
    const size = at && natural > amountWidth - 6 ? (style.size * (amountWidth - 6)) / natural : style.size;
    sheet.paragraph(
      [text],
      { ...style, size },
      { ...place, y: sheet.y, tag: head ? 'TH' : 'TD', parent: row },
    );
  });
  row.end();
  sheet.y += leading(style) + (head ? 3 : 2);
}

function drawNotes(sheet: Sheet, paper: Paper): void {
  const references = paper.references.map(({ label, text }) => ({
    label,
    lines: sheet.type.wrap(text, smallText, { width: notesWidth, linesMax: 3 }),
  }));
  const questions = sheet.type.wrap(paper.questions, smallLabel, { width: notesWidth, linesMax: 4 });
  const rows = references.reduce((sum, { lines }) => sum + lines.length + 1, 0);
  const height = rows * leading(smallText) + questions.length * leading(smallLabel) + 10;
  if (sheet.y + height > page.bottom) turnPage(sheet, paper);
  const place = { x: page.left, width: notesWidth };
  for (const { label, lines } of references) {
    const y = sheet.paragraph([label], smallLabel, { ...place, y: sheet.y });
    sheet.y = sheet.paragraph(lines, smallText, { ...place, y: y + 1 }) + 8;
  }
  sheet.y = sheet.paragraph(questions, smallLabel, { ...place, y: sheet.y });
}
