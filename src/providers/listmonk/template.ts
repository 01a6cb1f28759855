/**
 * The transactional template that an operator sets up in Listmonk. It prints our HTML as it is and adds nothing.
 * `Safe` is Listmonk's function for that (listmonk.app/docs/templating, "Functions"); without it Go's html/template
 * would escape every tag. What is printed is not looked at again: the data of a template is never evaluated.
 */
export const listmonkTemplateBody = '{{ Safe .Tx.Data.html }}';

/**
 * The subject as we send it. Listmonk evaluates a subject that holds `{{` (models/messages.go, `TxMessage.Render`), so
 * a buyer's text must never stand in it; as data of this template it is printed and no more.
 */
export const listmonkSubjectTemplate = '{{ .Tx.Data.subject }}';

const prints = /\{\{-?\s*(?:Safe\s+\.Tx\.Data\.html|\.Tx\.Data\.html\s*\|\s*Safe)\s*-?\}\}/;

/** What is wrong with a template for our mails, as the end of a sentence; undefined when it is sound. Pure. */
export function templateProblem({ type, body }: { type: string; body: string }): string | undefined {
  if (type !== 'tx') return 'is a template of campaigns and must be one of type “Transactional”';
  if (prints.test(body)) return undefined;
  return body.includes('.Tx.Data.html')
    ? `prints the mail without “Safe”, so that its HTML would arrive as text; it must hold ${listmonkTemplateBody}`
    : `does not print the mail; it must hold ${listmonkTemplateBody}`;
}

/**
 * A text that Listmonk may evaluate, so that it prints itself: each `{{` becomes an action that prints `{{`. The
 * plain-text body is evaluated where it holds one (as the subject is); any other text passes as it is.
 */
export const literally = (text: string): string => text.replaceAll('{{', '{{"{{"}}');
