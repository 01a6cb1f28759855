import { z } from 'zod';
import type { Slot, Template } from './template.ts';
import { encodeXml, encodings, type XmlEncoding } from './xmlText.ts';

/**
 * What a tail is made of, beside the mark. Kept as a length, JSON, and a blob: the text that all copies share, as bytes in
 * the order in which it is used, then the body's records of the directory. No part grows with the size of the book.
 */

/** A number: that many bytes of the blob. */
const pieceSchema = z.union([
  z.int().min(0),
  z.object({ slot: z.enum(['line', 'direction']) }),
  z.object({ code: z.int().min(0).max(255) }),
]);

const recipeSchema = z.object({
  format: z.literal(1),
  bodySizeBytes: z.int().min(1),
  /** Records of the body in the blob, and their size. */
  bodyRecords: z.int().min(1),
  bodyRecordsSizeBytes: z.int().min(1),
  entries: z.array(z.object({ name: z.string(), encoding: z.enum(encodings), pieces: z.array(pieceSchema) })),
});
export type Recipe = z.infer<typeof recipeSchema>;

/** An entry of the tail: bytes that are kept, or text with places in it. */
export type TailEntry =
  { name: string; bytes: Uint8Array } | { name: string; encoding: XmlEncoding; template: Template };

export interface SharedBody {
  sizeBytes: number;
  records: Buffer;
  recordCount: number;
}

export function packRecipe(tail: TailEntry[], body: SharedBody): Buffer {
  const blob: Uint8Array[] = [];
  const take = (bytes: Uint8Array) => {
    blob.push(bytes);
    return bytes.byteLength;
  };
  const entries = tail.map((entry) =>
    'bytes' in entry
      ? { name: entry.name, encoding: 'utf8' as const, pieces: [take(entry.bytes)] }
      : {
          name: entry.name,
          encoding: entry.encoding,
          pieces: entry.template.map((piece): number | Slot =>
            typeof piece === 'string' ? take(encodeXml(piece, entry.encoding)) : piece,
          ),
        },
  );
  const recipe: Recipe = {
    format: 1,
    bodySizeBytes: body.sizeBytes,
    bodyRecords: body.recordCount,
    bodyRecordsSizeBytes: body.records.byteLength,
    entries,
  };
  const json = Buffer.from(JSON.stringify(recipe), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, ...blob, body.records]);
}

/** @throws Error when it is not what `packRecipe` made */
export function unpackRecipe(packed: Uint8Array): { recipe: Recipe; blob: Buffer } {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const jsonEnd = 4 + bytes.readUInt32BE();
  const recipe = recipeSchema.parse(JSON.parse(bytes.toString('utf8', 4, jsonEnd)));
  return { recipe, blob: bytes.subarray(jsonEnd) };
}
