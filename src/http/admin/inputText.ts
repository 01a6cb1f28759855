import { HttpProblem } from '../problem.ts';
import type { InputField } from './inputFields.ts';

const numberForm = /^-?\d{1,15}(\.\d{1,9})?$/;

/** Text as what the schema may want: a number or truth where it looks like one, else itself, and the schema judges it. */
function valueOf(text: string, kinds: ReadonlySet<string>): unknown {
  if ((kinds.has('number') || kinds.has('integer')) && numberForm.test(text)) return Number(text);
  if (kinds.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

/** The value of a field that stands in a path or a query, where everything is text. */
export function fromTexts(name: string, texts: readonly string[], field: InputField | undefined): unknown {
  const [first = ''] = texts;
  if (!field) return first;
  const scalar = [...field.kinds].some((kind) => kind !== 'array' && kind !== 'null');
  if (field.kinds.has('array') && (texts.length > 1 || !scalar))
    return texts.map((text) => valueOf(text, field.itemKinds));
  if (texts.length > 1)
    throw new HttpProblem({
      status: 400,
      code: 'invalid_input',
      field: name,
      detail: `${name} is there ${texts.length} times.`,
      remedy: 'Send it once.',
    });
  return valueOf(first, field.kinds);
}
