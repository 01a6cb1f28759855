import { readPaper, type EpubFile } from './epubFile.ts';
import { UnusableBook } from './inspection.ts';

/** They hide fonts from being copied, and leave the text as it is (EPUB 3.3, 4.4; Adobe's older way). */
const fontObfuscations = ['http://www.idpf.org/2008/embedding', 'http://ns.adobe.com/pdf/enc#RC'];

/** Licences of Adobe's, Readium's and Apple's protection. */
const licences = ['META-INF/rights.xml', 'META-INF/license.lcpl', 'META-INF/sinf.xml'];

export interface Protection {
  isSigned: boolean;
  /** Names of entries whose bytes are obfuscated. */
  obfuscated: ReadonlySet<string>;
}

/** @throws UnusableBook `encrypted` */
export function protectionOf(file: EpubFile): Protection {
  if (licences.some((name) => file.entry(name))) throw new UnusableBook('encrypted');
  const obfuscated = new Set<string>();
  const encryption = file.entry('META-INF/encryption.xml');
  const elements = encryption ? readPaper(file, encryption).elements : [];
  const methods = elements.filter(({ local }) => local === 'EncryptionMethod');
  const data = elements.filter(({ local }) => local === 'EncryptedData');
  // A key, or data that does not say how it is encrypted, is protection.
  if (
    elements.some(({ local }) => local === 'EncryptedKey') ||
    methods.some(({ attributes }) => !fontObfuscations.includes(attributes.get('Algorithm') ?? '')) ||
    data.some((one) => !methods.some(({ parent }) => parent === one))
  ) {
    throw new UnusableBook('encrypted');
  }
  for (const { local, attributes } of elements) {
    if (local === 'CipherReference') obfuscated.add(decoded(attributes.get('URI') ?? ''));
  }
  return { isSigned: file.entry('META-INF/signatures.xml') !== undefined, obfuscated };
}

function decoded(uri: string): string {
  try {
    return decodeURIComponent(uri);
  } catch {
    return uri;
  }
}
