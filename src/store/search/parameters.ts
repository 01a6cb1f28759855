/** Values of a statement that is put together from parts. Nothing that was typed ever becomes part of its text. */
export interface Parameters {
  /** Keeps a value and gives its place in the text, with its type: `$3::uuid`. */
  add(value: unknown, type: SqlType): string;
  values: unknown[];
}

type SqlType = 'uuid' | 'uuid[]' | 'text' | 'text[]' | 'bigint' | 'bigint[]' | 'integer' | 'integer[]';

export function createParameters(): Parameters {
  const values: unknown[] = [];
  return {
    values,
    add(value, type) {
      values.push(value);
      return `$${values.length}::${type}`;
    },
  };
}
