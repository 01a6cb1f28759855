import { strToU8, zipSync } from 'fflate';
import { escapeHtml } from '../htmlTemplate.ts';
import { bookVersion, editionDate, frontMatter } from './manuscript.ts';
import type { Manuscript } from './manuscript.ts';

type Page = { id: string; title: string; body: string };

/** Packs a manuscript as an EPUB 3. The same text gives the same bytes, on any machine at any time. */
export function renderEpub(manuscript: Manuscript): Uint8Array {
  const pages = [imprintPage(manuscript), ...manuscript.chapters.map(chapterPage)];
  const files: Record<string, string> = {
    // The container asks that this comes first and uncompressed (OCF 3.3, 4.3).
    mimetype: 'application/epub+zip',
    'META-INF/container.xml': container,
    'OEBPS/package.opf': packageDocument(manuscript, pages),
    'OEBPS/nav.xhtml': navigation(manuscript, pages),
    'OEBPS/style.css': stylesheet,
    'OEBPS/cover.svg': coverImage(manuscript),
    'OEBPS/cover.xhtml': coverPage(manuscript),
    ...Object.fromEntries(pages.map((page) => [`OEBPS/${page.id}.xhtml`, xhtml(manuscript, page)])),
  };
  // Stored, because compressed bytes may differ from one version of a library to the next. The time is written as local
  // time, so it is given in parts.
  const mtime = new Date(2025, 0, 15, 12);
  const bytes = Object.entries(files).map(([path, text]) => [path, strToU8(text)] as const);
  return zipSync(Object.fromEntries(bytes), { level: 0, mtime });
}

const container = `<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="OEBPS/package.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
`;

const stylesheet = `body { margin: 5%; line-height: 1.5; }
h1 { line-height: 1.2; }
.cover { margin: 0; text-align: center; }
.cover img { max-width: 100%; max-height: 100%; }
`;

function packageDocument(
  { title, author, language, identifier, subtitle }: Manuscript,
  pages: Page[],
): string {
  const modified = editionDate.toISOString().replace('.000', '');
  const items = pages.map(
    ({ id }) => `<item id="${id}" href="${id}.xhtml" media-type="application/xhtml+xml"/>`,
  );
  const spine = pages.map(({ id }) => `<itemref idref="${id}"/>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book-id" xml:lang="${language}">
  <metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
    <dc:identifier id="book-id">urn:uuid:${identifier}</dc:identifier>
    <dc:title>${escapeHtml(title)}</dc:title>
    <dc:creator>${escapeHtml(author)}</dc:creator>
    <dc:language>${language}</dc:language>
    <dc:description>${escapeHtml(subtitle)}</dc:description>
    <dc:date>${modified.slice(0, 10)}</dc:date>
    <meta property="dcterms:modified">${modified}</meta>
    <meta property="schema:version">${bookVersion}</meta>
    <meta property="schema:accessMode">textual</meta>
    <meta property="schema:accessModeSufficient">textual</meta>
    <meta property="schema:accessibilityFeature">tableOfContents</meta>
    <meta property="schema:accessibilityHazard">none</meta>
  </metadata>
  <manifest>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
    <item id="style" href="style.css" media-type="text/css"/>
    <item id="cover-image" href="cover.svg" media-type="image/svg+xml" properties="cover-image"/>
    <item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/>
    ${items.join('\n    ')}
  </manifest>
  <spine>
    <itemref idref="cover"/>
    <itemref idref="nav"/>
    ${spine.join('\n    ')}
  </spine>
</package>
`;
}

function navigation(manuscript: Manuscript, pages: Page[]): string {
  const heading = frontMatter[manuscript.language].contents;
  const entries = pages.map(({ id, title }) => `<li><a href="${id}.xhtml">${escapeHtml(title)}</a></li>`);
  const body = `<nav epub:type="toc" id="toc">
      <h1>${heading}</h1>
      <ol>
        ${entries.join('\n        ')}
      </ol>
    </nav>`;
  return xhtml(manuscript, { id: 'nav', title: heading, body });
}

function imprintPage({ title, author, language, identifier }: Manuscript): Page {
  const lines = [author, ...frontMatter[language].imprint, `urn:uuid:${identifier}`];
  const body = `<h1>${escapeHtml(title)}</h1>\n    ${lines.map(paragraph).join('\n    ')}`;
  return { id: 'imprint', title, body };
}

function chapterPage({ title, paragraphs }: Manuscript['chapters'][number], index: number): Page {
  const body = `<section epub:type="chapter">
      <h1>${escapeHtml(title)}</h1>
      ${paragraphs.map(paragraph).join('\n      ')}
    </section>`;
  return { id: `chapter-${index + 1}`, title: `${index + 1}. ${title}`, body };
}

function coverPage(manuscript: Manuscript): string {
  const body = `<p class="cover"><img src="cover.svg" alt="${escapeHtml(manuscript.title)}"/></p>`;
  return xhtml(manuscript, { id: 'cover', title: frontMatter[manuscript.language].cover, body });
}

function coverImage({ title, author, coverColor }: Manuscript): string {
  const lines = title.split(' ').map((word, index) => {
    return `<text x="60" y="${330 + index * 84}" font-size="72" font-weight="bold">${escapeHtml(word)}</text>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<svg xmlns="http://www.w3.org/2000/svg" width="600" height="900" viewBox="0 0 600 900" role="img">
  <title>${escapeHtml(title)}</title>
  <rect width="600" height="900" fill="${coverColor}"/>
  <rect x="60" y="230" width="90" height="6" fill="#ffffff"/>
  <g fill="#ffffff" font-family="sans-serif">
    ${lines.join('\n    ')}
    <text x="60" y="820" font-size="32">${escapeHtml(author)}</text>
  </g>
</svg>
`;
}

function paragraph(text: string): string {
  return `<p>${escapeHtml(text)}</p>`;
}

function xhtml({ language }: Manuscript, { title, body }: Page): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="${language}" xml:lang="${language}">
  <head>
    <title>${escapeHtml(title)}</title>
    <link rel="stylesheet" href="style.css"/>
  </head>
  <body>
    ${body}
  </body>
</html>
`;
}
