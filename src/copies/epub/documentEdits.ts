import { carrierNumbers } from './carriers.ts';
import { spliced, type Template } from './template.ts';
import type { XmlElement } from './xmlElements.ts';

/**
 * A document with a code on its body. An element more, though empty, would be its last one: rules for `:last-child` would
 * no longer meet the text, and a page could break. An attribute moves nothing.
 *
 * @returns undefined when there is no body
 */
export function editBody(text: string, elements: XmlElement[], carrierNumber: number): Template | undefined {
  const body = elements.find(({ local }) => local === 'body');
  if (!body) return undefined;
  const afterName = body.startsAt + 1 + body.name.length;
  const code = { code: carrierNumber };
  if (!body.attributes.has('id')) return spliced(text, [{ at: afterName, pieces: [' id="x-', code, '"'] }]);
  const quoted = /\sclass\s*=\s*["']/.exec(text.slice(body.startsAt, body.contentAt));
  if (!quoted) return spliced(text, [{ at: afterName, pieces: [' class="x-', code, '"'] }]);
  const at = body.startsAt + quoted.index + quoted[0].length;
  return spliced(text, [{ at, pieces: ['x-', code, ' '] }]);
}

/** The table of contents of EPUB 2 with a code in its head. */
export function editNcx(text: string, elements: XmlElement[]): Template | undefined {
  const head = elements.find(({ local }) => local === 'head');
  if (!head || head.isSelfClosing) return undefined;
  const code = { code: carrierNumbers.ncx };
  const pieces = [`<${head.prefix}meta name="release" content="`, code, '"/>\n'];
  return spliced(text, [{ at: head.contentEndsAt, pieces }]);
}
