import { SaxesParser, type SaxesTagNS } from 'saxes';

/** An element and where it stands in its text, in code units. */
export interface XmlElement {
  /** As it is written, with its prefix. */
  name: string;
  /** What stands before the name: empty, or a prefix and its colon. */
  prefix: string;
  local: string;
  uri: string;
  /** By local name. An attribute without prefix goes before one that has one. */
  attributes: ReadonlyMap<string, string>;
  parent: XmlElement | null;
  isSelfClosing: boolean;
  /** Where its first tag begins and ends. */
  startsAt: number;
  contentAt: number;
  /** Where its last tag begins and ends; for a self-closing element both are the end. */
  contentEndsAt: number;
  endsAt: number;
}

export interface XmlOptions {
  /** Takes names of entities for known: those of XHTML's DTDs, or of the document's own. Nothing is ever expanded. */
  anyEntity?: boolean;
  /** Elements that are kept; all by default. The others are read, and must be well-formed. */
  keep?: (local: string) => boolean;
}

const anything: Record<string, string> = new Proxy({}, { get: () => ' ' });

/**
 * Reads the elements of a document, in the order in which they begin. Entities that it defines are never expanded and
 * nothing outside is fetched.
 *
 * @throws Error for what is not well-formed
 */
export function readElements(
  text: string,
  { anyEntity = false, keep = () => true }: XmlOptions = {},
): XmlElement[] {
  const parser = new SaxesParser({ xmlns: true, position: false });
  if (anyEntity) parser.ENTITIES = anything;
  const elements: XmlElement[] = [];
  const open: (XmlElement | null)[] = [];
  parser.on('opentag', (tag) => {
    const element = keep(tag.local) ? elementOf(tag, open.findLast((one) => one !== null) ?? null) : null;
    open.push(element);
    if (!element) return;
    element.contentAt = parser.position;
    element.startsAt = text.lastIndexOf('<', parser.position - 1);
    elements.push(element);
  });
  parser.on('closetag', (tag) => {
    const element = open.pop();
    if (!element) return;
    element.endsAt = parser.position;
    element.contentEndsAt = tag.isSelfClosing ? element.endsAt : text.lastIndexOf('<', element.endsAt - 1);
  });
  parser.write(text).close();
  return elements;
}

function elementOf(tag: SaxesTagNS, parent: XmlElement | null): XmlElement {
  const attributes = new Map<string, string>();
  const all = Object.values(tag.attributes).toSorted((one, other) => other.prefix.length - one.prefix.length);
  for (const { local, value } of all) attributes.set(local, value);
  return {
    name: tag.name,
    prefix: tag.prefix === '' ? '' : `${tag.prefix}:`,
    local: tag.local,
    uri: tag.uri,
    attributes,
    parent,
    isSelfClosing: tag.isSelfClosing,
    startsAt: 0,
    contentAt: 0,
    contentEndsAt: 0,
    endsAt: 0,
  };
}
