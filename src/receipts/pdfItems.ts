import type { Paper, PaperRow } from './paper.ts';
import { contentWidth, inks, page } from './sheet.ts';
import type { Sheet } from './sheet.ts';
import { leading } from './typesetter.ts';
import type { TextStyle } from './typesetter.ts';

const headStyle: TextStyle = { size: 8, colour: inks.soft };
const titleStyle: TextStyle = { size: 9.5, colour: inks.text };
const runningStyle: TextStyle = { size: 8, colour: inks.soft };

const columnGap = 16;
const rowPadding = 8;
/** Titles never get narrower than this; figures shrink instead. */
const titleWidthMin = 140;

interface PlacedColumn {
  label: string;
  x: number;
  width: number;
}

interface ItemsLayout {
  columns: PlacedColumn[];
  titleWidth: number;
  figureStyle: TextStyle;
}

/** The table of lines; its head is repeated on every page it runs over. */
export function drawItems(sheet: Sheet, paper: Paper): void {
  const layout = layOut(sheet, paper);
  const table = sheet.pdf.struct('Table');
  sheet.root.add(table);
  drawTableHead(sheet, paper, { layout, table });
  for (const row of paper.items.rows) {
    const title = sheet.type.wrap(row.title, titleStyle, { width: layout.titleWidth, linesMax: 4 });
    const height = title.length * leading(titleStyle) + 2 * rowPadding;
    if (sheet.y + height > page.bottom) {
      turnPage(sheet, paper);
      sheet.artifact(() => setHeadCells(sheet, paper, layout));
      endHead(sheet);
    }
    drawRow(sheet, { row, title, height, layout, table });
  }
  table.end();
}

/** Starts a page, with a line that says which paper it belongs to. */
export function turnPage(sheet: Sheet, paper: Paper): void {
  sheet.pdf.addPage();
  const place = { x: page.left, y: page.top, width: contentWidth };
  const [shop = ''] = sheet.type.wrap(paper.shopName, runningStyle, { width: 240, linesMax: 1 });
  sheet.artifact(() => {
    sheet.type.set(shop, runningStyle, place);
    sheet.type.set(paper.number, runningStyle, { ...place, align: 'right' });
  });
  sheet.y = page.top + 34;
}

/** Widths follow the contents: figures get what they need, titles the rest. */
function layOut(sheet: Sheet, paper: Paper): ItemsLayout {
  const { columns, rows } = paper.items;
  for (const size of [9.5, 9, 8.5, 8, 7.5, 7, 6.5, 6, 5.5]) {
    const figureStyle = { ...titleStyle, size };
    const widths = columns.map((label, at) =>
      columnWidth(sheet, { label, texts: rows.map(({ figures }) => figures[at] ?? ''), figureStyle }),
    );
    const titleWidth = contentWidth - widths.reduce((sum, width) => sum + width + columnGap, 0);
    if (titleWidth >= titleWidthMin || size === 5.5) {
      return { columns: placed(columns, widths), titleWidth, figureStyle };
    }
  }
  throw new RangeError('unreachable');
}

function columnWidth(
  sheet: Sheet,
  { label, texts, figureStyle }: { label: string; texts: string[]; figureStyle: TextStyle },
): number {
  const widths = Array.from(new Set(texts), (text) => sheet.type.widthOf(text, figureStyle));
  // Thousands of arguments overflow the stack of Math.max.
  return widths.reduce((most, width) => Math.max(most, width), sheet.type.widthOf(label, headStyle));
}

function placed(columns: string[], widths: number[]): PlacedColumn[] {
  let right = page.right;
  return columns
    .map((label, at) => ({ label, width: widths[at] ?? 0 }))
    .toReversed()
    .map(({ label, width }) => {
      const x = right - width;
      right = x - columnGap;
      return { label, x, width };
    })
    .toReversed();
}

function drawTableHead(
  sheet: Sheet,
  paper: Paper,
  { layout, table }: { layout: ItemsLayout; table: PDFKit.PDFStructureElement },
): void {
  const top = { x: page.left, width: contentWidth, y: sheet.y };
  const row = sheet.pdf.struct('TR');
  table.add(row);
  sheet.paragraph([paper.items.head], headStyle, { ...top, tag: 'TH', parent: row });
  for (const column of layout.columns) {
    const place = { x: column.x, width: column.width, y: sheet.y, align: 'right' as const };
    sheet.paragraph([column.label], headStyle, { ...place, tag: 'TH', parent: row });
  }
  row.end();
  endHead(sheet);
}

function setHeadCells(sheet: Sheet, paper: Paper, { columns }: ItemsLayout): void {
  sheet.type.set(paper.items.shortHead, headStyle, { x: page.left, width: contentWidth, y: sheet.y });
  for (const { label, x, width } of columns) {
    sheet.type.set(label, headStyle, { x, width, y: sheet.y, align: 'right' });
  }
}

function endHead(sheet: Sheet): void {
  sheet.y += leading(headStyle) + 7;
  sheet.rule(sheet.y, inks.line);
}

interface Row {
  row: PaperRow;
  title: string[];
  height: number;
  layout: ItemsLayout;
  table: PDFKit.PDFStructureElement;
}

function drawRow(sheet: Sheet, { row, title, height, layout, table }: Row): void {
  const element = sheet.pdf.struct('TR');
  table.add(element);
  const y = sheet.y + rowPadding;
  sheet.paragraph(title, titleStyle, {
    x: page.left,
    y,
    width: layout.titleWidth,
    tag: 'TH',
    parent: element,
  });
  // Smaller figures stand on the baseline of the title.
  const figureY = y + (titleStyle.size - layout.figureStyle.size) * 1.06;
  for (const [at, { x, width }] of layout.columns.entries()) {
    const place = { x, width, y: figureY, align: 'right' as const };
    sheet.paragraph([row.figures[at] ?? ''], layout.figureStyle, { ...place, tag: 'TD', parent: element });
  }
  element.end();
  sheet.y += height;
  sheet.rule(sheet.y, inks.line);
}
