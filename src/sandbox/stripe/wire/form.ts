import { StripeApiError } from './errors.ts';

export type FormValue = string | FormObject;
export interface FormObject {
  [key: string]: FormValue;
}

const maxDepth = 8;

/**
 * Reads a form body or query string in Stripe's bracket notation: `a[b]=1`, `a[0][b]=2`, `a[]=3`.
 * Lists stay objects with numeric keys here; the schema of a parameter says whether it is a list.
 * @throws StripeApiError (400) for broken brackets, too deep nesting, or a NUL character.
 */
export function parseForm(text: string): FormObject {
  const form = emptyObject();
  for (const [name, value] of new URLSearchParams(text)) {
    if (value.includes('\0') || name.includes('\0')) {
      throw new StripeApiError(400, 'Invalid string: NUL characters are not allowed.', {
        code: 'parameter_invalid_string',
      });
    }
    assign(form, keysOf(name), value);
  }
  return form;
}

function keysOf(name: string): string[] {
  const match = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name);
  const inner = Array.from((match?.[2] ?? '').matchAll(/\[([^[\]]*)\]/g), (found) => found[1] ?? '');
  if (!match || inner.length >= maxDepth) throw new StripeApiError(400, `Invalid parameter name: ${name}`);
  return [match[1] ?? '', ...inner];
}

function assign(form: FormObject, keys: string[], value: string): void {
  let node = form;
  keys.forEach((rawKey, depth) => {
    const key = rawKey === '' ? String(Object.keys(node).length) : rawKey;
    if (depth === keys.length - 1) {
      node[key] = value;
      return;
    }
    const inner = node[key];
    node = node[key] = typeof inner === 'object' ? inner : emptyObject();
  });
}

/** Without a prototype, so that `__proto__` is a name like any other. */
function emptyObject(): FormObject {
  return Object.create(null) as FormObject;
}
