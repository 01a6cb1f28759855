import type { z } from 'zod';
import { type JsonSchema, jsonSchemaOf } from '../jsonSchema.ts';

/** A field of an operation's input, as requests and the API's document have to know it. */
export interface InputField {
  schema: JsonSchema;
  required: boolean;
  /** What its value may be, as far as text must be told from it. */
  kinds: ReadonlySet<string>;
  /** The same of its items, where it is a list. */
  itemKinds: ReadonlySet<string>;
}

/** The fields of an input. Where it is one of several shapes, the fields of all of them. */
export function fieldsOf(input: z.ZodType): ReadonlyMap<string, InputField> {
  const root = jsonSchemaOf(input, 'input');
  const fields = new Map<string, InputField>();
  for (const shape of alternatives(root, root)) {
    for (const [name, schema] of Object.entries(shape.properties ?? {})) {
      if (typeof schema === 'boolean') continue;
      const shapes = alternatives(schema, root);
      const items = shapes.flatMap(({ items: item }) => (isSchema(item) ? alternatives(item, root) : []));
      const known = fields.get(name);
      fields.set(name, {
        schema: known?.schema ?? schema,
        required: (known?.required ?? true) && (shape.required?.includes(name) ?? false),
        kinds: new Set([...(known?.kinds ?? []), ...shapes.flatMap(kindsOf)]),
        itemKinds: new Set([...(known?.itemKinds ?? []), ...items.flatMap(kindsOf)]),
      });
    }
  }
  return fields;
}

/** The plain schemas that a schema is one of, or made of. */
function alternatives(schema: JsonSchema, root: JsonSchema): JsonSchema[] {
  const named = typeof schema.$ref === 'string' ? definitionOf(schema.$ref, root) : undefined;
  if (named) return alternatives(named, root);
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])].filter(isSchema);
  return parts.length === 0 ? [schema] : parts.flatMap((part) => alternatives(part, root));
}

function definitionOf(reference: string, root: JsonSchema): JsonSchema | undefined {
  const [, name] = /^#\/\$defs\/(.+)$/.exec(reference) ?? [];
  const found = name === undefined ? undefined : root.$defs?.[name];
  return isSchema(found) ? found : undefined;
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const kindsOf = ({ type }: JsonSchema): string[] => (type === undefined ? [] : [type].flat());
