/** HTML that is safe to send: its text parts were escaped when it was made. Only `html` and `trustedHtml` make it. */
export interface Html {
  readonly markup: string;
}

export type HtmlValue = string | number | Html | readonly HtmlValue[] | null | undefined | false;

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that stands for itself in element content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Markup written by us, with nothing of a buyer's or a shop's in it. */
export function trustedHtml(markup: string): Html {
  return { markup };
}

function markupOf(value: HtmlValue): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  if ('markup' in value) return value.markup;
  return value.map(markupOf).join('');
}

/** Template tag: every text put in is escaped, `Html` is kept, lists are joined, null, undefined and false vanish. */
export function html(parts: TemplateStringsArray, ...values: HtmlValue[]): Html {
  return { markup: parts.map((part, at) => (at === 0 ? part : markupOf(values[at - 1]) + part)).join('') };
}
