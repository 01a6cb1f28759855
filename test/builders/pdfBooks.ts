import { deflateSync } from 'node:zlib';
import PDFKit from 'pdfkit';

/** PDFs to be marked: sound ones, odd ones, and ones that mean harm. All in memory, the same bytes each time. */

export interface BookShape {
  pages?: number;
  /** Bytes of noise in each picture. */
  pictureBytes?: number;
  picturesPerPage?: number;
  linksPerPage?: number;
}

/** A book as programs for writing make them. */
export async function plainBook({
  pages = 3,
  pictureBytes = 0,
  picturesPerPage = 1,
  linksPerPage = 0,
}: BookShape = {}): Promise<Buffer> {
  const when = new Date('2026-01-02T03:04:05Z');
  const document = new PDFKit({
    autoFirstPage: false,
    size: 'A5',
    info: { Title: 'Żółw', Author: 'A. Author', CreationDate: when },
  });
  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const done = new Promise((resolve) => document.on('end', resolve));
  for (let page = 1; page <= pages; page += 1) {
    document.addPage();
    document.fontSize(18).text(`Chapter ${page}`);
    document.fontSize(10).text(`Page ${page} says little, and says it often. `.repeat(30));
    for (let picture = 0; pictureBytes > 0 && picture < picturesPerPage; picture += 1) {
      document.image(noisePng(pictureBytes, page * 100 + picture), 60 + picture * 70, 400, { width: 60 });
    }
    for (let link = 0; link < linksPerPage; link += 1)
      document.link(60, 80 + link * 12, 40, 10, 'https://example.com/');
  }
  document.end();
  await done;
  return Buffer.concat(chunks);
}

export interface HandMadePage {
  content?: string;
  /** Entries of the page's dictionary beside the usual ones. */
  entries?: string;
  mediaBox?: string;
}

export interface HandMadeBook {
  pages: HandMadePage[];
  /** Entries of the catalogue. */
  catalog?: string;
  trailer?: string;
  /** Further objects, from number 100 on. */
  objects?: string[];
}

/** A book written by hand, object by object: pages are 10, 12, 14…, their contents 11, 13, 15…. */
export function handMadeBook({ pages, catalog = '', trailer = '', objects = [] }: HandMadeBook): Buffer {
  const kids = pages.map((_, index) => `${10 + index * 2} 0 R`).join(' ');
  const numbered: [number, string][] = [
    [1, `<< /Type /Catalog /Pages 2 0 R ${catalog} >>`],
    [2, `<< /Type /Pages /Count ${pages.length} /Kids [${kids}] /Resources << /Font << /F1 3 0 R >> >> >>`],
    [3, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>'],
    ...pages.flatMap(
      ({ content = textAt(1), entries = '', mediaBox = '[0 0 300 400]' }, index): [number, string][] => [
        [
          10 + index * 2,
          `<< /Type /Page /Parent 2 0 R /MediaBox ${mediaBox} /Contents ${11 + index * 2} 0 R ${entries} >>`,
        ],
        [11 + index * 2, `<< /Length ${content.length} >>\nstream\n${content}\nendstream`],
      ],
    ),
    ...objects.map((object, index): [number, string] => [100 + index, object]),
  ];
  return written(numbered, { trailer });
}

/** Text that shows which way is up, from the corner that is told. */
export function textAt(scale: number, x = 40, y = 200): string {
  return `BT /F1 ${18 * scale} Tf ${x} ${y} Td (This way up) Tj ET`;
}

/** A file of objects, its table and its trailer. */
export function written(
  objects: [number, string | Buffer][],
  { trailer = '' }: { trailer?: string } = {},
): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
  let offset = parts[0]?.length ?? 0;
  const rows: string[] = ['0 1\n0000000000 65535 f \n'];
  for (const [number, object] of objects) {
    const bytes = Buffer.concat([
      Buffer.from(`${number} 0 obj\n`),
      Buffer.isBuffer(object) ? object : Buffer.from(object, 'latin1'),
      Buffer.from('\nendobj\n'),
    ]);
    rows.push(`${number} 1\n${String(offset).padStart(10, '0')} 00000 n \n`);
    parts.push(bytes);
    offset += bytes.length;
  }
  const size = Math.max(...objects.map(([number]) => number)) + 1;
  parts.push(
    Buffer.from(
      `xref\n${rows.join('')}trailer\n<< /Size ${size} /Root 1 0 R ${trailer} >>\nstartxref\n${offset}\n%%EOF\n`,
      'latin1',
    ),
  );
  return Buffer.concat(parts);
}

/** What looks like a signed document to whoever does not check the signature. */
export function signedBook(): Buffer {
  return handMadeBook({
    pages: [{}],
    catalog: '/AcroForm << /Fields [100 0 R] /SigFlags 3 >>',
    objects: [
      '<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature) /V 101 0 R /Rect [0 0 0 0] /P 10 0 R >>',
      `<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 100 300 100] /Contents <${'00'.repeat(100)}> >>`,
    ],
  });
}

export function scriptedBook(): Buffer {
  return handMadeBook({
    pages: [{}],
    catalog: '/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >>',
  });
}

/** Names of damage, and the file. */
export async function hostileBooks(): Promise<Record<string, Buffer>> {
  const sound = await plainBook();
  const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] >>';
  const cut = (share: number) => sound.subarray(0, Math.floor(sound.length * share));
  const endless = sound.toString('latin1').replace(/trailer\s*<</, (trailer) => {
    const offset = /startxref\s+(\d+)/.exec(sound.toString('latin1'))?.[1] ?? '0';
    return `${trailer} /Prev ${offset}`;
  });
  return {
    empty: Buffer.alloc(0),
    no_pdf: Buffer.from('PK\u0003\u0004 not a book'),
    header_alone: Buffer.from('%PDF-1.7\n%%EOF\n'),
    cut_early: cut(0.2),
    cut_half: cut(0.5),
    cut_late: cut(0.95),
    no_pages: written([
      [1, '<< /Type /Catalog /Pages 2 0 R >>'],
      [2, '<< /Type /Pages /Count 0 /Kids [] >>'],
    ]),
    circle_of_pages: written([
      [1, '<< /Type /Catalog /Pages 2 0 R >>'],
      [2, '<< /Type /Pages /Count 9 /Kids [2 0 R 4 0 R 3 0 R] >>'],
      [3, page],
      [4, '<< /Type /Pages /Parent 4 0 R /Count 9 /Kids [2 0 R 4 0 R] >>'],
    ]),
    deep_tree: written([
      [1, '<< /Type /Catalog /Pages 2 0 R >>'],
      ...Array.from({ length: 5_000 }, (_, index): [number, string] => [
        2 + index,
        `<< /Type /Pages /Count 1 /Kids [${3 + index} 0 R] >>`,
      ]),
      [5_002, page],
    ]),
    circle_of_tables: Buffer.from(endless, 'latin1'),
    odd_numbers: handMadeBook({
      pages: [
        { mediaBox: '[-1e9 NaN +-3 4..5]' },
        { mediaBox: '[300 400 -10 -20]' },
        { mediaBox: '[0 0 0 0]' },
        { entries: '/Rotate -90' },
        { entries: '/Rotate 45 /UserUnit -2' },
        { entries: '/CropBox [900 900 950 950]' },
      ],
    }),
    wrong_offsets: Buffer.from(sound.toString('latin1').replace(/startxref\s+\d+/, 'startxref\n7'), 'latin1'),
  };
}

/** Files that cost time and memory. */
export function heavyBooks(): Record<string, Buffer> {
  const page = '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] >>';
  const bomb = deflateSync(Buffer.alloc(200 * 1024 * 1024), { level: 1 });
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  return {
    pages_without_end: written([
      [1, '<< /Type /Catalog /Pages 2 0 R >>'],
      [2, `<< /Type /Pages /Count 100000 /Kids [${'3 0 R '.repeat(100_000)}] >>`],
      [3, page],
    ]),
    bomb_in_contents: written([
      [1, '<< /Type /Catalog /Pages 2 0 R >>'],
      [2, '<< /Type /Pages /Count 1 /Kids [3 0 R] >>'],
      [3, '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] /Contents 4 0 R >>'],
      [4, streamOf(bomb, '/Filter /FlateDecode')],
    ]),
    bomb_in_objects: written([
      [1, '<< /Type /Catalog /Pages 2 0 R >>'],
      [2, '<< /Type /Pages /Count 1 /Kids [3 0 R] >>'],
      [3, page],
      [4, streamOf(bomb, '/Type /ObjStm /N 1 /First 10 /Filter /FlateDecode')],
    ]),
    nested_arrays: handMadeBook({ pages: [{ entries: `/Deep ${nested(100_000)}` }] }),
    huge_object: handMadeBook({ pages: [{}], catalog: `/Odd <${'ab'.repeat(8 * 1024 * 1024)}>` }),
  };
}

export function streamOf(data: Buffer, entries = ''): Buffer {
  return Buffer.concat([
    Buffer.from(`<< /Length ${data.length} ${entries} >>\nstream\n`),
    data,
    Buffer.from('\nendstream'),
  ]);
}

/** Grey noise that does not compress, different for each seed. */
function noisePng(sizeBytes: number, seed: number): Buffer {
  const side = Math.ceil(Math.sqrt(sizeBytes));
  const rows = Buffer.alloc(side * (side + 1));
  let state = seed * 2_654_435_761;
  for (let index = 0; index < rows.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    rows[index] = index % (side + 1) === 0 ? 0 : state & 255;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(side, 0);
  head.writeUInt32BE(side, 4);
  head[8] = 8;
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    pngChunk('IHDR', head),
    pngChunk('IDAT', deflateSync(rows, { level: 1 })),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Without a true checksum: the reader of these does not look at it. */
function pngChunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)]);
}
