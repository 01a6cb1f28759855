import { clip, scrub } from './scrub.ts';

/** Stands where something was that does not belong into a log. */
export const leftOut = '[left out]';

export const fieldForms = {
  id: 'id',
  word: 'code',
  count: 'whole number',
  number: 'number',
  flag: 'true or false',
  list: 'list of codes',
  text: 'text',
} as const;
export type FieldForm = keyof typeof fieldForms;

/** A field of a log line: what it may be, and what it means. */
export interface Field {
  form: FieldForm;
  means: string;
}

const field =
  (form: FieldForm) =>
  (means: string): Field => ({ form, means });

/** An opaque id: no spaces in it. */
export const id = field('id');
/** One word of a closed set, or nearly so: no spaces in it. */
export const word = field('word');
export const count = field('count');
export const duration = field('number');
export const number = field('number');
export const flag = field('flag');
export const list = field('list');
/** Free words. They are scrubbed, like everything; nothing else holds them back. */
export const text = field('text');

const wordMax = 200;
const textMax = 4_000;
const listMax = 100;

/** What ids and codes are made of. A person's name or a sentence has spaces in it; an address the scrubber finds. */
const oneWord = /^[\p{L}\p{N}_.:/+#<>()=*@-]*$/u;

/**
 * What is written of a value. Whatever is not of the field's form is left out, whatever the types have promised:
 * an object that strayed into an event would tell everything it holds.
 */
export function written(form: FieldForm, value: unknown): unknown {
  if (value === null) return null;
  switch (form) {
    case 'count':
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? value : leftOut;
    case 'flag':
      return typeof value === 'boolean' ? value : leftOut;
    case 'list':
      return Array.isArray(value) ? value.slice(0, listMax).map((one) => written('word', one)) : leftOut;
    case 'text':
      return typeof value === 'string' ? scrub(clip(value, textMax)) : leftOut;
    case 'id':
    case 'word':
      if (typeof value !== 'string' || value.length > wordMax || !oneWord.test(value)) return leftOut;
      return scrub(value);
    default:
      return leftOut;
  }
}
