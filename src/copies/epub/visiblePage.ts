import { carrierNumbers } from './carriers.ts';
import type { Template } from './template.ts';

const doctypes = {
  epub2: '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">',
  epub3: '<!DOCTYPE html>',
};

/** The page that names the buyer, as the book's version of EPUB has it. */
export function visiblePage({ isEpub3, stylesheet }: { isEpub3: boolean; stylesheet: string }): Template {
  return [
    `<?xml version="1.0" encoding="UTF-8"?>
${isEpub3 ? doctypes.epub3 : doctypes.epub2}
<html xmlns="http://www.w3.org/1999/xhtml">
  <head>
    <title>`,
    { slot: 'line' },
    `</title>
    <link rel="stylesheet" type="text/css" href="${stylesheet}"/>
  </head>
  <body dir="`,
    { slot: 'direction' },
    '">\n    <p id="x-',
    { code: carrierNumbers.licence_page },
    '" class="x-',
    { code: carrierNumbers.stylesheet },
    '">',
    { slot: 'line' },
    '</p>\n  </body>\n</html>\n',
  ];
}

/** Its stylesheet: readable in any reader, and long words break instead of leaving the page. */
export function pageStylesheet(): Template {
  return [
    '.x-',
    { code: carrierNumbers.stylesheet },
    ` {
  margin: 30% 8% 0;
  text-align: center;
  text-indent: 0;
  line-height: 1.5;
  word-wrap: break-word;
  overflow-wrap: break-word;
}
`,
  ];
}
