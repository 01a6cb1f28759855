import type { ObjectId } from './recipe.ts';

/** Where an object begins in the file. */
export interface ObjectPlace {
  id: ObjectId;
  offset: number;
}

/** A classic cross-reference section (ISO 32000-1, 7.5.4): each entry has 20 bytes. */
export function xrefTable(places: ObjectPlace[], options: { withFreeHead?: boolean } = {}): string {
  const parts = ['xref\n'];
  if (options.withFreeHead) parts.push('0 1\n0000000000 65535 f \n');
  for (const run of consecutive(places)) {
    parts.push(`${run[0]?.id.number ?? 0} ${run.length}\n`);
    for (const { id, offset } of run) {
      parts.push(`${String(offset).padStart(10, '0')} ${String(id.generation).padStart(5, '0')} n \n`);
    }
  }
  return parts.join('');
}

/**
 * A cross-reference stream (7.5.8) without compression, the last object of its file.
 *
 * @param trailer entries of the trailer dictionary
 */
export function xrefStream(places: ObjectPlace[], self: ObjectPlace, trailer: string): Buffer {
  const runs = consecutive([...places, self]);
  const rows = runs.flat().map(({ id, offset }) => {
    const row = Buffer.alloc(8);
    row[0] = 1;
    row.writeUIntBE(offset, 1, 5);
    row.writeUInt16BE(id.generation, 6);
    return row;
  });
  const index = runs.map((run) => `${run[0]?.id.number ?? 0} ${run.length}`).join(' ');
  return Buffer.concat([
    Buffer.from(
      `${self.id.number} 0 obj\n<< /Type /XRef /W [1 5 2] /Index [${index}] ${trailer} /Length ${rows.length * 8} >>\nstream\n`,
      'latin1',
    ),
    ...rows,
    Buffer.from('\nendstream\nendobj\n', 'latin1'),
  ]);
}

function consecutive(places: ObjectPlace[]): ObjectPlace[][] {
  const runs: ObjectPlace[][] = [];
  for (const place of places.toSorted((one, other) => one.id.number - other.id.number)) {
    const last = runs.at(-1);
    if (last && place.id.number === (last.at(-1)?.id.number ?? 0) + 1) last.push(place);
    else runs.push([place]);
  }
  return runs;
}
