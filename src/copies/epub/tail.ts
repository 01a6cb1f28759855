import type { CopyMark } from '../../ports/bookMarking.ts';
import { codeLetters } from './carriers.ts';
import type { Recipe } from './recipe.ts';
import type { Slot } from './template.ts';
import { directionOf, encodeXml, escapeXml } from './xmlText.ts';
import { centralRecord, endRecord, localHeader, storedEntry } from './zipPieces.ts';

/** Longer lines are cut: the port promises 300 characters, of which each may be several code units. */
const lineMaxUnits = 4096;

/** What follows the shared body: the entries that differ, the directory of all, the end. */
export function writeTail({ recipe, blob }: { recipe: Recipe; blob: Buffer }, mark: CopyMark): Buffer {
  const parts: Uint8Array[] = [];
  const records: Uint8Array[] = [];
  const textOf = slotTexts(mark);
  let at = recipe.bodySizeBytes;
  let used = 0;
  for (const { name, encoding, pieces } of recipe.entries) {
    const content = Buffer.concat(
      pieces.map((piece) => {
        if (typeof piece !== 'number') return encodeXml(textOf(piece), encoding);
        used += piece;
        return blob.subarray(used - piece, used);
      }),
    );
    const entry = storedEntry(name, content);
    const header = localHeader(entry);
    parts.push(header, content);
    records.push(centralRecord(entry, at));
    at += header.length + content.length;
  }
  const directory = Buffer.concat([blob.subarray(used, used + recipe.bodyRecordsSizeBytes), ...records]);
  const end = endRecord({
    entries: recipe.bodyRecords + records.length,
    sizeBytes: directory.length,
    at,
  });
  return Buffer.concat([...parts, directory, end]);
}

function slotTexts({ line, code }: CopyMark): (slot: Slot) => string {
  const shown = escapeXml(line.slice(0, lineMaxUnits));
  const direction = directionOf(line);
  return (slot) => {
    if ('code' in slot) return codeLetters(code, slot.code);
    // A page without a title is not valid.
    return slot.slot === 'direction' ? direction : shown.trim() === '' ? '—' : shown;
  };
}
