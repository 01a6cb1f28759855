import { zipSync, type Zippable } from 'fflate';

/** Files of an archive by name: text, bytes, or bytes that are stored as they are. */
export type Files = Record<string, string | Uint8Array>;

const mtime = new Date(2025, 0, 15, 12);

/** Packs files as other programs do: deflated, but for the type. */
export function zipped(files: Files): Buffer {
  const entries = Object.entries(files).map(([name, content]) => {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    return [name, [bytes, { level: name === 'mimetype' ? 0 : 6, mtime }]] as const;
  });
  return Buffer.from(zipSync(Object.fromEntries(entries) as Zippable));
}

export const container = (path: string) => `<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles><rootfile full-path="${path}" media-type="application/oebps-package+xml"/></rootfiles>
</container>
`;

const uuid = 'urn:uuid:6f0d3c1e-5c0a-4a57-9a7e-2f1f6f0b1a01';
const xhtml11 =
  '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">';

export interface ChapterOptions {
  doctype?: string;
  head?: string;
  body?: string;
  text?: string;
}

export function chapter(title: string, options: ChapterOptions = {}): string {
  const { doctype = '<!DOCTYPE html>', head = '', body = '', text = '' } = options;
  return `<?xml version="1.0" encoding="UTF-8"?>
${doctype}
<html xmlns="http://www.w3.org/1999/xhtml">
  <head><title>${title}</title>${head}</head>
  <body${body}><h1>${title}</h1><p>First words of ${title}. ${text}</p><p>Last words.</p></body>
</html>
`;
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `c${index + 1}`);

const nav = (count: number) => `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">
  <head><title>Contents</title></head>
  <body><nav epub:type="toc"><ol>${names(count)
    .map((name) => `<li><a href="${name}.xhtml">${name}</a></li>`)
    .join('')}</ol></nav></body>
</html>
`;

const ncx = (count: number) => `<?xml version="1.0" encoding="UTF-8"?>
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1">
  <head><meta name="dtb:uid" content="${uuid}"/></head>
  <docTitle><text>Book</text></docTitle>
  <navMap>${names(count)
    .map(
      (name, index) =>
        `<navPoint id="n${index}" playOrder="${index + 1}"><navLabel><text>${name}</text></navLabel><content src="${name}.xhtml"/></navPoint>`,
    )
    .join('')}</navMap>
</ncx>
`;

export interface PackageOptions {
  version?: '2.0' | '3.0';
  chapters?: number;
  /** With its colon, for the elements of the package document itself. */
  prefix?: string;
  metadata?: string;
  manifest?: string;
  spine?: string;
  /** Before the root element. */
  prolog?: string;
}

export function packageDocument(options: PackageOptions = {}): string {
  const { version = '3.0', chapters = 3, prefix: p = '', metadata = '', manifest = '', spine = '' } = options;
  const isEpub3 = version === '3.0';
  const xmlns = p === '' ? 'xmlns' : `xmlns:${p.slice(0, -1)}`;
  const own = isEpub3 ? `<${p}meta property="dcterms:modified">2025-01-15T12:00:00Z</${p}meta>` : '';
  const contents = isEpub3
    ? `<${p}item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>`
    : `<${p}item id="ncx" href="toc.ncx" media-type="application/x-dtbncx+xml"/>`;
  const items = names(chapters).map(
    (name) => `<${p}item id="${name}" href="${name}.xhtml" media-type="application/xhtml+xml"/>`,
  );
  const itemrefs = names(chapters).map((name) => `<${p}itemref idref="${name}"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
${options.prolog ?? ''}<${p}package ${xmlns}="http://www.idpf.org/2007/opf" version="${version}" unique-identifier="uid">
  <${p}metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:identifier id="uid">${uuid}</dc:identifier>
    <dc:title>Book</dc:title>
    <dc:language>en</dc:language>
    ${own}${metadata}
  </${p}metadata>
  <${p}manifest>
    ${[contents, ...items].join('\n    ')}${manifest}
  </${p}manifest>
  <${p}spine${isEpub3 ? '' : ' toc="ncx"'}${spine}>
    ${itemrefs.join('\n    ')}
  </${p}spine>
</${p}package>
`;
}

/** A sound book's files, to be changed before they are packed. */
export function bookFiles(options: PackageOptions = {}, chapterOptions: ChapterOptions = {}): Files {
  const { version = '3.0', chapters = 3 } = options;
  const isEpub3 = version === '3.0';
  const documents = names(chapters).map((name) => [
    `OEBPS/${name}.xhtml`,
    chapter(name, { doctype: isEpub3 ? '<!DOCTYPE html>' : xhtml11, ...chapterOptions }),
  ]);
  return {
    mimetype: 'application/epub+zip',
    'META-INF/container.xml': container('OEBPS/book.opf'),
    'OEBPS/book.opf': packageDocument(options),
    ...(isEpub3 ? { 'OEBPS/nav.xhtml': nav(chapters) } : { 'OEBPS/toc.ncx': ncx(chapters) }),
    ...(Object.fromEntries(documents) as Files),
  };
}

export const encryption = (algorithm: string) => `<?xml version="1.0"?>
<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">
  <enc:EncryptedData><enc:EncryptionMethod Algorithm="${algorithm}"/>
    <enc:CipherData><enc:CipherReference URI="OEBPS/font.otf"/></enc:CipherData></enc:EncryptedData>
</encryption>
`;

/** Books that are valid before they are marked, each of another kind. */
export function soundBooks(): Record<string, Buffer> {
  const fixed = '<meta property="rendition:layout">pre-paginated</meta>';
  const viewport = '<meta name="viewport" content="width=600, height=800"/>';
  return {
    epub2: zipped(bookFiles({ version: '2.0' })),
    epub3: zipped(bookFiles()),
    right_to_left: zipped(bookFiles({ spine: ' page-progression-direction="rtl"' }, { body: ' dir="rtl"' })),
    fixed_layout: zipped(bookFiles({ metadata: fixed }, { head: viewport })),
    prefixed: zipped(bookFiles({ prefix: 'opf:' })),
    prefixed_epub2: zipped(bookFiles({ prefix: 'opf:', version: '2.0' })),
    with_ids: zipped(bookFiles({}, { body: ' id="top" class="text"' })),
    one_chapter: zipped(bookFiles({ chapters: 1 })),
  };
}
