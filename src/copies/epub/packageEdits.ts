import { carrierNumbers } from './carriers.ts';
import type { PackageDocument } from './packageDocument.ts';
import { freeName, spliced, type Splice, type Template } from './template.ts';
import type { XmlElement } from './xmlElements.ts';

export interface PageFiles {
  page: string;
  stylesheet: string;
}

const dublinCore = 'http://purl.org/dc/elements/1.1/';

/**
 * The package document with the page in it and codes in its metadata. Everything else stays character for character, the
 * unique identifier above all: obfuscated fonts are read with it.
 *
 * @returns undefined where it cannot be edited safely
 */
export function editPackage(document: PackageDocument, files: PageFiles): Template | undefined {
  const { text, metadata, manifest, spine, encoding } = document;
  if (encoding === null || !metadata || [metadata, manifest, spine].some((one) => one.isSelfClosing)) {
    return undefined;
  }
  const splices = [...metadataSplices(document, metadata), ...pageSplices(document, files)];
  return spliced(text, splices);
}

function pageSplices(document: PackageDocument, { page, stylesheet }: PageFiles): Splice[] {
  const { elements, manifest, itemrefs, isEpub3, isFixedLayout } = document;
  const ids = new Set(elements.map(({ attributes }) => (attributes.get('id') ?? '').toLowerCase()));
  const pageId = freeName(ids, 'licence');
  const stylesheetId = freeName(ids, 'licence-style');
  const item = (id: string, href: string, mediaType: string) =>
    `<${manifest.prefix}item id="${id}" href="${href}" media-type="${mediaType}"/>\n`;
  // A page in front would move every spread of a book whose pages face each other.
  const neighbour = isFixedLayout ? itemrefs.at(-1) : itemrefs[0];
  const layout = isFixedLayout && isEpub3 ? ' properties="rendition:layout-reflowable"' : '';
  return [
    {
      at: manifest.contentEndsAt,
      pieces: [item(pageId, page, 'application/xhtml+xml'), item(stylesheetId, stylesheet, 'text/css')],
    },
    {
      at: neighbour?.endsAt ?? 0,
      pieces: [`\n<${neighbour?.name ?? ''} idref="${pageId}"${layout}/>`],
    },
  ];
}

function metadataSplices({ elements, root }: PackageDocument, metadata: XmlElement): Splice[] {
  const splices: Splice[] = [];
  const identifiers = elements.filter(({ local, uri }) => local === 'identifier' && uri === dublinCore);
  const unique = root.attributes.get('unique-identifier');
  // After the one that counts: some readers take the first.
  const neighbour =
    identifiers.find(({ attributes }) => attributes.get('id') === unique) ?? identifiers.at(-1);
  if (neighbour) {
    const code = { code: carrierNumbers.package_identifier };
    splices.push({
      at: neighbour.endsAt,
      pieces: [`\n<${neighbour.name}>`, code, `</${neighbour.name}>`],
    });
  }
  // The oldest form keeps its parts apart.
  const apart = elements.some(({ local, parent }) => local === 'dc-metadata' && parent === metadata);
  if (!apart) {
    const code = { code: carrierNumbers.package_meta };
    splices.push({
      at: metadata.contentEndsAt,
      pieces: [`<${metadata.prefix}meta name="release" content="`, code, '"/>\n'],
    });
  }
  return splices;
}
