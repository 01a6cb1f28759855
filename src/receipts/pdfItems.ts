import type { ReceiptDocument, ReceiptLine } from './document.ts';
import { figureColumns } from './figures.ts';
import type { FigureColumn } from './figures.ts';
import { contentWidth, inks, page } from './sheet.ts';
import type { Sheet } from './sheet.ts';
import { leading } from './typesetter.ts';
import type { TextStyle } from './typesetter.ts';
import { receiptWords } from './words.ts';

const headStyle: TextStyle = { size: 8, colour: inks.soft };
const titleStyle: TextStyle = { size: 9.5, colour: inks.text };
const runningStyle: TextStyle = { size: 8, colour: inks.soft };

const columnGap = 16;
const rowPadding = 8;
/** Titles never get narrower than this; figures shrink instead. */
const titleWidthMin = 140;

interface PlacedColumn extends FigureColumn {
  x: number;
  width: number;
}

interface ItemsLayout {
  columns: PlacedColumn[];
  titleWidth: number;
  figureStyle: TextStyle;
}

/** The table of lines; its head is repeated on every page it runs over. */
export function drawItems(sheet: Sheet, document: ReceiptDocument): void {
  const layout = layOut(sheet, document);
  const table = sheet.pdf.struct('Table');
  sheet.root.add(table);
  drawTableHead(sheet, document, { layout, table });
  for (const line of document.lines) {
    const title = sheet.type.wrap(line.title, titleStyle, { width: layout.titleWidth, linesMax: 4 });
    const height = title.length * leading(titleStyle) + 2 * rowPadding;
    if (sheet.y + height > page.bottom) {
      turnPage(sheet, document);
      sheet.artifact(() => setHeadCells(sheet, document, layout));
      endHead(sheet);
    }
    drawRow(sheet, { line, title, height, layout, table });
  }
  table.end();
}

/** Starts a page, with a line that says which receipt it belongs to. */
export function turnPage(sheet: Sheet, document: ReceiptDocument): void {
  sheet.pdf.addPage();
  const place = { x: page.left, y: page.top, width: contentWidth };
  const [shop = ''] = sheet.type.wrap(document.seller.name, runningStyle, { width: 240, linesMax: 1 });
  sheet.artifact(() => {
    sheet.type.set(shop, runningStyle, place);
    sheet.type.set(document.number, runningStyle, { ...place, align: 'right' });
  });
  sheet.y = page.top + 34;
}

/** Widths follow the contents: figures get what they need, titles the rest. */
function layOut(sheet: Sheet, document: ReceiptDocument): ItemsLayout {
  const columns = figureColumns(document);
  for (const size of [9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6, 5.5]) {
    const figureStyle = { ...titleStyle, size };
    const widths = columns.map((column) => columnWidth(sheet, { column, document, figureStyle }));
    const titleWidth = contentWidth - widths.reduce((sum, width) => sum + width + columnGap, 0);
    if (titleWidth >= titleWidthMin || size === 5.5) {
      return { columns: placed(columns, widths), titleWidth, figureStyle };
    }
  }
  throw new RangeError('unreachable');
}

function columnWidth(
  sheet: Sheet,
  {
    column,
    document,
    figureStyle,
  }: { column: FigureColumn; document: ReceiptDocument; figureStyle: TextStyle },
): number {
  const texts = new Set(document.lines.map(column.text));
  const figures = Array.from(texts, (text) => sheet.type.widthOf(text, figureStyle));
  // Thousands of arguments overflow the stack of Math.max.
  return figures.reduce((most, width) => Math.max(most, width), sheet.type.widthOf(column.label, headStyle));
}

function placed(columns: FigureColumn[], widths: number[]): PlacedColumn[] {
  let right = page.right;
  return columns
    .map((column, at) => ({ column, width: widths[at] ?? 0 }))
    .toReversed()
    .map(({ column, width }) => {
      const x = right - width;
      right = x - columnGap;
      return { ...column, x, width };
    })
    .toReversed();
}

function drawTableHead(
  sheet: Sheet,
  document: ReceiptDocument,
  { layout, table }: { layout: ItemsLayout; table: PDFKit.PDFStructureElement },
): void {
  const words = receiptWords(document.language);
  const currency = words.amountsIn(document.currency.toUpperCase());
  const top = { x: page.left, width: contentWidth, y: sheet.y };
  const row = sheet.pdf.struct('TR');
  table.add(row);
  sheet.paragraph([`${words.item} · ${currency}`], headStyle, { ...top, tag: 'TH', parent: row });
  for (const column of layout.columns) {
    const place = { x: column.x, width: column.width, y: sheet.y, align: 'right' as const };
    sheet.paragraph([column.label], headStyle, { ...place, tag: 'TH', parent: row });
  }
  row.end();
  endHead(sheet);
}

function setHeadCells(sheet: Sheet, document: ReceiptDocument, { columns }: ItemsLayout): void {
  const { item } = receiptWords(document.language);
  sheet.type.set(item, headStyle, { x: page.left, width: contentWidth, y: sheet.y });
  for (const { label, x, width } of columns) {
    sheet.type.set(label, headStyle, { x, width, y: sheet.y, align: 'right' });
  }
}

function endHead(sheet: Sheet): void {
  sheet.y += leading(headStyle) + 7;
  sheet.rule(sheet.y, inks.line);
}

interface Row {
  line: ReceiptLine;
  title: string[];
  height: number;
  layout: ItemsLayout;
  table: PDFKit.PDFStructureElement;
}

function drawRow(sheet: Sheet, { line, title, height, layout, table }: Row): void {
  const row = sheet.pdf.struct('TR');
  table.add(row);
  const y = sheet.y + rowPadding;
  sheet.paragraph(title, titleStyle, { x: page.left, y, width: layout.titleWidth, tag: 'TH', parent: row });
  // Smaller figures stand on the baseline of the title.
  const figureY = y + (titleStyle.size - layout.figureStyle.size) * 1.06;
  for (const { x, width, text } of layout.columns) {
    const place = { x, width, y: figureY, align: 'right' as const };
    sheet.paragraph([text(line)], layout.figureStyle, { ...place, tag: 'TD', parent: row });
  }
  row.end();
  sheet.y += height;
  sheet.rule(sheet.y, inks.line);
}
