/** What a template sees: the recipient, and the request's `data` under `.Tx.Data`. */
export interface TemplateData {
  subscriberEmail: string;
  data: Readonly<Record<string, string>>;
}

/** A template that Go would not compile or execute. */
export class TemplateError extends Error {}

/**
 * As much of Go's templates as transactional mails use: fields, string constants, and `Safe` in both its forms
 * (pkg.go.dev/text/template; internal/manager/manager.go, `makeGnericFuncMap`). One pass: what an action prints is not
 * looked at again. With `escape` it is html/template, which escapes whatever is not marked `Safe`; without, it is
 * text/template.
 */
export function renderTemplate(template: string, values: TemplateData, escape: boolean): string {
  let rendered = '';
  let rest = template;
  for (;;) {
    const at = rest.indexOf('{{');
    if (at < 0) return rendered + rest;
    const action = /^\{\{(-\s)?\s*((?:"(?:[^"\\]|\\.)*"|[^"}])*?)\s*(\s-)?\}\}/.exec(rest.slice(at));
    if (!action) throw new TemplateError('unclosed action');
    const before = rest.slice(0, at);
    rendered += action[1] === undefined ? before : before.trimEnd();
    rendered += printed(action[2] ?? '', values, escape);
    rest = rest.slice(at + action[0].length);
    if (action[3] !== undefined) rest = rest.trimStart();
  }
}

function printed(action: string, values: TemplateData, escape: boolean): string {
  const safe = /^Safe\s+(\S+)$/.exec(action)?.[1] ?? /^(\S+)\s*\|\s*Safe$/.exec(action)?.[1];
  const value = valueOf(safe ?? action, values);
  if (safe !== undefined) {
    if (value === undefined) throw new TemplateError('wrong type for Safe');
    return value;
  }
  if (value === undefined) return escape ? '' : '<no value>';
  return escape ? escapeHtml(value) : value;
}

function valueOf(operand: string, { subscriberEmail, data }: TemplateData): string | undefined {
  if (/^".*"$/s.test(operand)) return JSON.parse(operand) as string;
  if (operand === '.Subscriber.Email') return subscriberEmail;
  const field = /^\.Tx\.Data\.(\w+)$/.exec(operand)?.[1];
  if (field === undefined) throw new TemplateError('a function or field that is not there');
  return data[field];
}

const escapes: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
  '+': '&#43;',
  '\0': '�',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"'+\0]/g, (sign) => escapes[sign] ?? sign);
