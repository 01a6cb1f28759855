import { z } from 'zod';

/**
 * What a tail is made of, beside the mark: text that is the same in all copies, and places for what is not. Kept as a
 * length, JSON, and a blob of objects that are ready to be appended. Text in it is Latin-1: one character, one byte.
 */

const ref = z.object({ number: z.int().min(1), generation: z.int().min(0).max(65_535) });
export type ObjectId = z.infer<typeof ref>;

/** An object whose text has a place for the code. */
const slotted = z.object({ id: ref, before: z.string(), after: z.string() });

/** Pages that are seen alike: they share what is drawn at their end. */
const stampSchema = z.object({
  id: ref,
  /** Operators that close what the page's own contents left open. */
  closing: z.string(),
  /** With the visible line and the rule, or with the hidden text alone. */
  visible: z.boolean(),
  matrix: z.tuple([z.number(), z.number(), z.number(), z.number(), z.number(), z.number()]),
  width: z.number(),
  unitPt: z.number(),
});
export type Stamp = z.infer<typeof stampSchema>;

const base = {
  format: z.literal(1),
  bodySizeBytes: z.int().min(1),
  /** Where the body's last cross-reference section is. */
  previousXref: z.int().min(0),
  /** One more than the highest number of an object. */
  size: z.int().min(1),
  root: ref,
  /** The document's properties without ours, as text of a dictionary's entries; null where they are left alone. */
  info: z.object({ id: ref, entries: z.string().nullable() }).nullable(),
  /** XMP, as the text of a stream around our entry; null where there is no place for it. */
  metadata: slotted.nullable(),
};

const fullSchema = z.object({
  ...base,
  kind: z.literal('full'),
  stamps: z.array(stampSchema),
  /** Names under which each page finds the two forms among its resources. */
  names: z.object({ line: z.string(), text: z.string() }),
  ids: z.object({
    lineForm: ref,
    textForm: ref,
    font: ref,
    cidFont: ref,
    toUnicode: ref,
    entry: ref,
    fontDescriptor: ref,
    asciiFont: ref,
  }),
  fontName: z.string(),
  /** The objects of the blob and where each begins: the page tree, the pages, the catalogue. */
  objects: z.array(z.tuple([z.int(), z.int(), z.int()])),
});

const hiddenSchema = z.object({
  ...base,
  kind: z.literal('hidden'),
  /** A new section must be of the same kind as the one before it. */
  xref: z.enum(['table', 'stream']),
});

const recipeSchema = z.discriminatedUnion('kind', [fullSchema, hiddenSchema]);
export type FullRecipe = z.infer<typeof fullSchema>;
export type HiddenRecipe = z.infer<typeof hiddenSchema>;
export type Recipe = FullRecipe | HiddenRecipe;

export function packRecipe(recipe: Recipe, blob: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(recipe), 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(json.length);
  return Buffer.concat([length, json, blob]);
}

/** @throws Error when it is not what `packRecipe` made */
export function unpackRecipe(packed: Uint8Array): { recipe: Recipe; blob: Buffer } {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const jsonEnd = 4 + bytes.readUInt32BE();
  const recipe = recipeSchema.parse(JSON.parse(bytes.toString('latin1', 4, jsonEnd)));
  return { recipe, blob: bytes.subarray(jsonEnd) };
}
