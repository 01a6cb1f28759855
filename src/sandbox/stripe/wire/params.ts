import { z } from 'zod';
import { badParameter, StripeApiError } from './errors.ts';
import type { FormObject, FormValue } from './form.ts';

/** A list, which a form writes as an object with the keys 0, 1, 2 … */
export function formList<T extends z.ZodType>(item: T) {
  return z.preprocess((value) => (isNode(value) ? Object.values(value) : value), z.array(item));
}

/** A whole number within bounds. */
export function formInteger(bounds: { min?: number; max?: number } = {}) {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = bounds;
  return z
    .string()
    .regex(/^-?\d{1,16}$/, 'Invalid integer')
    .transform(Number)
    .pipe(z.number().min(min).max(max));
}

export const formBoolean = z.enum(['true', 'false']).transform((value) => value === 'true');

/** Metadata within Stripe's limits: 50 keys of 40 characters, values of 500. An empty string means none. */
export const formMetadata = z.preprocess(
  (value) => (value === '' ? {} : value),
  z
    .record(z.string().max(40), z.string().max(500))
    .refine((entries) => Object.keys(entries).length <= 50, 'Metadata can have up to 50 keys'),
);

/**
 * Checks a form against a schema.
 * @throws StripeApiError (400) about the first wrong parameter, in Stripe's words.
 */
export function parseParams<T extends z.ZodType>(schema: T, form: FormObject): z.infer<T> {
  const result = schema.safeParse(form);
  if (result.success) return result.data;
  throw errorOf(result.error.issues[0], form);
}

function errorOf(issue: z.core.$ZodIssue | undefined, form: FormObject): StripeApiError {
  if (!issue) return new StripeApiError(400, 'Invalid request.');
  if (issue.code === 'unrecognized_keys') {
    const param = paramName([...issue.path, issue.keys[0] ?? '']);
    return badParameter(`Received unknown parameter: ${param}`, param, 'parameter_unknown');
  }
  const param = paramName(issue.path);
  const given = valueAt(form, issue.path);
  if (given === undefined)
    return badParameter(`Missing required param: ${param}.`, param, 'parameter_missing');
  if (given === '') {
    return badParameter(
      `You passed an empty string for '${param}'. Pass a value or leave it out.`,
      param,
      'parameter_invalid_empty',
    );
  }
  const code = issue.message === 'Invalid integer' ? 'parameter_invalid_integer' : undefined;
  return badParameter(`Invalid ${param}: ${issue.message}`, param, code);
}

function paramName(path: readonly PropertyKey[]): string {
  return path.map((key, depth) => (depth === 0 ? String(key) : `[${String(key)}]`)).join('');
}

function valueAt(form: FormObject, path: readonly PropertyKey[]): FormValue | undefined {
  let node: FormValue | undefined = form;
  for (const key of path) node = isNode(node) ? node[String(key)] : undefined;
  return node;
}

function isNode(value: unknown): value is FormObject {
  return typeof value === 'object' && value !== null;
}
