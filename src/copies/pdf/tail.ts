import type { CopyMark } from '../../ports/bookMarking.ts';
import { lettersOf } from '../sealedCode.ts';
import { drawableLine } from './drawableLine.ts';
import { lineForm, markGray, round } from './lineForm.ts';
import { rulePath, ruleWidthPt } from './markRule.ts';
import type { FullRecipe, HiddenRecipe, ObjectId, Recipe, Stamp } from './recipe.ts';
import { sealCode, type Carrier } from './sealedCode.ts';
import type { StampFont } from './stampFont.ts';
import { xrefStream, xrefTable, type ObjectPlace } from './xrefSection.ts';

/** Our key in dictionaries that readers skip. */
export const entryKey = 'CopyId';

/** In points, on the page as it is seen. */
const marginPt = 18;
const baselinePt = 9;
const rulePt = { y: 17, width: 0.25 };
const textPt = { y: 4, size: 2 };

/** What follows the body in one buyer's copy: an incremental update (ISO 32000-1, 7.5.6) in which nothing is left to chance. */
export function writeTail(
  { recipe, blob }: { recipe: Recipe; blob: Buffer },
  mark: CopyMark,
  font: StampFont,
): Buffer {
  const documentObjects = [...infoObject(recipe, mark.code), ...metadataObject(recipe, mark.code)];
  if (recipe.kind === 'hidden') return finishHidden(recipe, mark.code, documentObjects);
  // The line comes before the pages: whoever cuts the file short loses pages, not the line.
  return finishFull(recipe, blob, mark.code, [...markObjects(recipe, mark, font), ...documentObjects]);
}

interface WrittenObject {
  id: ObjectId;
  text: string;
}

function hexOf(code: string, carrier: Carrier): string {
  return sealCode(code, carrier).toString('hex');
}

function infoObject({ info }: Recipe, code: string): WrittenObject[] {
  if (info === null || info.entries === null) return [];
  return [{ id: info.id, text: `<< ${info.entries} /${entryKey} <${hexOf(code, 'document_info')}> >>` }];
}

function metadataObject({ metadata }: Recipe, code: string): WrittenObject[] {
  if (!metadata) return [];
  const xmp = `${metadata.before}${hexOf(code, 'document_metadata')}${metadata.after}`;
  return [{ id: metadata.id, text: streamText('/Type /Metadata /Subtype /XML', xmp) }];
}

function streamText(entries: string, content: string): string {
  return `<< ${entries} /Length ${content.length} >>\nstream\n${content}\nendstream`;
}

function refText({ number, generation }: ObjectId): string {
  return `${number} ${generation} R`;
}

function markObjects(recipe: FullRecipe, mark: CopyMark, font: StampFont): WrittenObject[] {
  const { ids, fontName } = recipe;
  const line = lineForm(drawableLine(mark.line, font.draws), font, 'F');
  const letters = lettersOf(sealCode(mark.code, 'page_text'));
  const form = (box: string, fontId: ObjectId) =>
    `/Type /XObject /Subtype /Form /BBox [${box}] /Resources << /Font << /F ${refText(fontId)} >> >>`;
  return [
    {
      id: ids.lineForm,
      text: streamText(form(`-3 -6 ${round(line.widthPt + 3)} 15`, ids.font), line.content),
    },
    {
      id: ids.textForm,
      text: streamText(
        form(`-1 -1 ${letters.length * textPt.size} ${textPt.size * 2}`, ids.asciiFont),
        `BT /F ${textPt.size} Tf 3 Tr (${letters}) Tj ET`,
      ),
    },
    {
      id: ids.font,
      text: `<< /Type /Font /Subtype /Type0 /BaseFont /${fontName} /Encoding /Identity-H /DescendantFonts [${refText(ids.cidFont)}] /ToUnicode ${refText(ids.toUnicode)} >>`,
    },
    {
      id: ids.cidFont,
      text: `<< /Type /Font /Subtype /CIDFontType2 /BaseFont /${fontName} /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /CIDToGIDMap /Identity /FontDescriptor ${refText(ids.fontDescriptor)} /DW 600 /W [${line.widths}] >>`,
    },
    { id: ids.toUnicode, text: streamText('', line.toUnicode) },
    { id: ids.entry, text: `<< /${entryKey} <${hexOf(mark.code, 'page_entry')}> >>` },
    ...recipe.stamps.map((stamp) => ({
      id: stamp.id,
      text: streamText('', stampContent(stamp, recipe, { code: mark.code, lineWidthPt: line.widthPt })),
    })),
  ];
}

/** Drawn at the end of each page, after all of its own graphics states are closed. An artifact: not read aloud. */
function stampContent(
  stamp: Stamp,
  { names }: FullRecipe,
  { code, lineWidthPt }: { code: string; lineWidthPt: number },
): string {
  const sealed = sealCode(code, 'page_rule');
  const at = (xPt: number, yPt: number, scale: number) =>
    `q ${stamp.matrix.map(round).join(' ')} cm ${round(scale)} 0 0 ${round(scale)} ${round(xPt / stamp.unitPt)} ${round(yPt / stamp.unitPt)} cm`;
  const widthPt = stamp.width * stamp.unitPt;
  const free = Math.max(widthPt - 2 * marginPt, widthPt / 2);
  const centred = (contentPt: number) => {
    const scale = Math.min(1, free / Math.max(contentPt, 1));
    return { x: (widthPt - contentPt * scale) / 2, scale: scale / stamp.unitPt };
  };
  const line = centred(lineWidthPt);
  const rule = centred(ruleWidthPt(sealed));
  const visible = [
    `${at(rule.x, rulePt.y, rule.scale)} ${markGray} G ${rulePt.width} w\n${rulePath(sealed)} Q`,
    `${at(line.x, baselinePt, line.scale)} /${names.line} Do Q`,
  ];
  return [
    `\n${stamp.closing} Q`,
    '/Artifact BMC',
    ...(stamp.visible ? visible : []),
    `${at(Math.min(marginPt, widthPt / 4), textPt.y, 1 / stamp.unitPt)} /${names.text} Do Q`,
    'EMC',
  ].join('\n');
}

function trailerEntries(recipe: Recipe, size: number, code: string): string {
  const id = hexOf(code, 'document_id');
  const info = recipe.info ? ` /Info ${refText(recipe.info.id)}` : '';
  return `/Size ${size} /Root ${refText(recipe.root)}${info} /ID [<${id}> <${id}>] /Prev ${recipe.previousXref}`;
}

/** The objects one after the other, and where each begins in the file. */
function layOut(objects: WrittenObject[], from: number): { bytes: Buffer; places: ObjectPlace[] } {
  const places: ObjectPlace[] = [];
  let text = '\n';
  for (const { id, text: object } of objects) {
    places.push({ id, offset: from + text.length });
    text += `${id.number} ${id.generation} obj\n${object}\nendobj\n`;
  }
  return { bytes: Buffer.from(text, 'latin1'), places };
}

function finishFull(recipe: FullRecipe, blob: Buffer, code: string, objects: WrittenObject[]): Buffer {
  const { bytes, places } = layOut(objects, recipe.bodySizeBytes);
  const blobStart = recipe.bodySizeBytes + bytes.length;
  const fixed = recipe.objects.map(([number, generation, offset]) => ({
    id: { number, generation },
    offset: blobStart + offset,
  }));
  const end =
    xrefTable([...places, ...fixed]) +
    `trailer\n<< ${trailerEntries(recipe, recipe.size, code)} >>\nstartxref\n${blobStart + blob.length}\n%%EOF\n`;
  return Buffer.concat([bytes, blob, Buffer.from(end, 'latin1')]);
}

function finishHidden(recipe: HiddenRecipe, code: string, objects: WrittenObject[]): Buffer {
  const { bytes, places } = layOut(objects, recipe.bodySizeBytes);
  const start = recipe.bodySizeBytes + bytes.length;
  const ending = Buffer.from(`startxref\n${start}\n%%EOF\n`, 'latin1');
  if (recipe.xref === 'table') {
    const section = `${xrefTable(places)}trailer\n<< ${trailerEntries(recipe, recipe.size, code)} >>\n`;
    return Buffer.concat([bytes, Buffer.from(section, 'latin1'), ending]);
  }
  const self = { id: { number: recipe.size, generation: 0 }, offset: start };
  return Buffer.concat([
    bytes,
    xrefStream(places, self, trailerEntries(recipe, recipe.size + 1, code)),
    ending,
  ]);
}
