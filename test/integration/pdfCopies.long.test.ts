import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { PDFDocument } from '@cantoo/pdf-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPdfMarker } from '../../src/copies/pdf/pdfMarker.ts';
import { chromiumPath } from '../builders/chromium.ts';
import {
  handMadeBook,
  heavyBooks,
  hostileBooks,
  plainBook,
  scriptedBook,
  signedBook,
  textAt,
} from '../builders/pdfBooks.ts';
import { byChromium, byMupdf, byPoppler, differingRows } from '../builders/pdfPictures.ts';

/** What needs other people's programs, or minutes. The table in docs/copies.md is what stands here. */

const marker = createPdfMarker();
const never = new AbortController().signal;
const mark = { line: 'Licensed to Żaneta Łęcka · order 7K3M-Q9XT-4BVD', code: '7K3MQ9XT4BVD7K3MQ9XT' };
const has = (program: string) => execFileSync('/bin/sh', ['-c', `command -v ${program} || true`]).length > 0;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'pdf-copies-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function makeCopy(book: Buffer) {
  const directory = await mkdtemp(path.join(root, 'book-'));
  const sourcePath = `${directory}.source.pdf`;
  await writeFile(sourcePath, book);
  const prepared = await marker.prepare({ sourcePath, directory, pages: 'all' }, never);
  if (!prepared.shared)
    throw new TypeError(`Not prepared: ${prepared.findings.map(({ code }) => code).join()}.`);
  const copyPath = `${directory}.copy.pdf`;
  const body = await readFile(prepared.shared.bodyPath);
  const tail = marker.tailOf(await readFile(prepared.shared.recipePath), mark);
  await writeFile(copyPath, Buffer.concat([body, tail]));
  return { prepared, sourcePath, copyPath, bodyPath: prepared.shared.bodyPath };
}

async function marksIn(file: string): Promise<string[]> {
  const found = await marker.findMarks(file, never);
  expect(found.filter(({ code }) => code !== mark.code)).toEqual([]);
  return found.map(({ carrier }) => carrier);
}

/** The operators of the visible line's form, painted over with blanks. */
function withoutLine(copy: Buffer): Buffer {
  const text = copy.toString('latin1');
  const start = text.indexOf('stream\n', text.lastIndexOf('/BBox [-3 -6')) + 'stream\n'.length;
  const end = text.indexOf('\nendstream', start);
  const blanked = Buffer.from(copy);
  blanked.fill(32, start, end);
  return blanked;
}

const documentMarks = ['document_id', 'document_info', 'document_metadata'];
const pageMarks = ['page_entry', 'page_rule', 'page_text'];
const all = [...documentMarks, ...pageMarks];

type Resave = [title: string, programs: string[], command: string, left: string[]];

/** `$1` is the copy without its visible line, `$2` what is made of it. */
const resaves: Resave[] = [
  ['qpdf', ['qpdf'], 'qpdf "$1" "$2"', all],
  ['qpdf --linearize', ['qpdf'], 'qpdf --linearize "$1" "$2"', all],
  [
    'qpdf --object-streams=generate',
    ['qpdf'],
    'qpdf --object-streams=generate --recompress-flate "$1" "$2"',
    all,
  ],
  ['qpdf --qdf', ['qpdf'], 'qpdf --qdf "$1" "$2"', all],
  ['qpdf, encrypted', ['qpdf'], 'qpdf --encrypt "" owner 256 -- "$1" "$2"', ['document_id']],
  ['qpdf, one page', ['qpdf'], 'qpdf "$1" --pages . 2 -- "$2"', all],
  ['qpdf, one page into an empty file', ['qpdf'], 'qpdf --empty --pages "$1" 2 -- "$2"', pageMarks],
  ['mutool clean -ggggz', ['mutool'], 'mutool clean -ggggz "$1" "$2"', all],
  ['mutool clean -ggggzs', ['mutool'], 'mutool clean -ggggzs "$1" "$2"', all],
  [
    'Ghostscript pdfwrite',
    ['gs'],
    'gs -q -dNOPAUSE -dBATCH -sDEVICE=pdfwrite -o "$2" "$1"',
    ['page_rule', 'page_text'],
  ],
  [
    'Ghostscript by way of PostScript',
    ['gs'],
    'gs -q -dNOPAUSE -dBATCH -sDEVICE=ps2write -o "$2.ps" "$1" && gs -q -dNOPAUSE -dBATCH -sDEVICE=pdfwrite -o "$2" "$2.ps"',
    ['page_rule'],
  ],
  ['pdftocairo -pdf', ['pdftocairo'], 'pdftocairo -pdf "$1" "$2"', ['page_rule']],
  [
    'pdftops and Ghostscript',
    ['pdftops', 'gs'],
    'pdftops "$1" "$2.ps" && gs -q -dNOPAUSE -dBATCH -sDEVICE=pdfwrite -o "$2" "$2.ps"',
    ['page_rule'],
  ],
  [
    'pdfseparate',
    ['pdfseparate'],
    'pdfseparate -f 2 -l 2 "$1" "$2"',
    all.filter((one) => one !== 'document_id'),
  ],
  [
    'pdfunite',
    ['pdfseparate', 'pdfunite'],
    'pdfseparate -f 2 -l 2 "$1" "$2.one" && pdfunite "$2.one" "$2.one" "$2"',
    pageMarks,
  ],
];

describe('a copy whose visible line was taken out, saved anew', () => {
  let blanked: string;
  beforeAll(async () => {
    const { copyPath } = await makeCopy(await plainBook({ pictureBytes: 5_000 }));
    blanked = `${copyPath}.blanked.pdf`;
    await writeFile(blanked, withoutLine(await readFile(copyPath)));
  });

  it('is named by all marks before', async () => {
    expect(await marksIn(blanked)).toEqual(all);
  });

  for (const [title, programs, command, left] of resaves) {
    it.skipIf(!programs.every(has))(`is named after ${title}`, async () => {
      const target = path.join(root, `${title.replaceAll(/\W+/g, '-')}.pdf`);
      execFileSync('/bin/sh', ['-c', command, 'sh', blanked, target], { stdio: 'pipe' });
      expect(await marksIn(target)).toEqual(left);
    });
  }

  it('is named after pdf-lib', async () => {
    const document = await PDFDocument.load(await readFile(blanked));
    await writeFile(`${blanked}.pdf-lib`, await document.save());
    expect(await marksIn(`${blanked}.pdf-lib`)).toEqual(all);
  });

  it('is named when it is cut, and not when it is a picture', async () => {
    const bytes = await readFile(blanked);
    await writeFile(`${blanked}.cut`, bytes.subarray(0, bytes.length - 1_500));
    expect(await marksIn(`${blanked}.cut`)).toEqual(expect.arrayContaining(['page_rule', 'page_text']));
    await writeFile(`${blanked}.ppm`, byPoppler(blanked, 1).pixels);
    expect(await marksIn(`${blanked}.ppm`)).toEqual([]);
  });
});

describe('the body that copies share', () => {
  const attempts: [string, string][] = [
    ['qpdf', 'qpdf "$1" "$2"'],
    ['mutool', 'mutool clean -ggggz "$1" "$2" && mutool draw -o "$2.png" "$2" 1'],
    ['gs', 'gs -q -dNOPAUSE -dBATCH -sDEVICE=txtwrite -o "$2" "$1" && grep -q Chapter "$2"'],
    ['pdftotext', 'pdftotext "$1" "$2" && grep -q Chapter "$2"'],
    ['pdftoppm', 'pdftoppm -r 20 "$1" "$2"'],
    ['pdftocairo', 'pdftocairo -pdf "$1" "$2"'],
  ];
  for (const [program, command] of attempts) {
    it.skipIf(!has(program))(`gives ${program} no page`, async () => {
      const { copyPath, bodyPath } = await makeCopy(await plainBook());
      const run = (file: string) =>
        execFileSync('/bin/sh', ['-c', command, 'sh', file, path.join(root, `opened-${program}.pdf`)], {
          stdio: 'pipe',
        });
      expect(() => run(bodyPath)).toThrow();
      expect(() => run(copyPath)).not.toThrow();
    });
  }
});

/** Where the line and its rule stand, in points from the foot of the page. */
const stripPt = { from: 4, to: 20 };

/**
 * Restores without a save: Poppler then goes back to the beginning of the page, others skip them. The copy is drawn by all
 * as those others draw the original.
 */
const strayRestores = 7;

const oddPages = [
  {},
  { entries: '/Rotate 90' },
  { entries: '/Rotate 180' },
  { entries: '/Rotate 270' },
  { mediaBox: '[-100 -50 300 500]', entries: '/CropBox [-40 20 260 420]', content: textAt(1, -20, 200) },
  {
    mediaBox: '[-100 -50 300 500]',
    entries: '/CropBox [-40 20 260 420] /Rotate 90',
    content: textAt(1, -20, 200),
  },
  { content: 'q q 0.5 0 0 0.5 100 100 cm BT /F1 30 Tf (open) Tj' },
  { content: '0.5 0 0 0.5 50 50 cm Q Q BT /F1 30 Tf 10 200 Td (stray) Tj ET' },
  { content: 'q 0.9 g 0 0 300 400 re f Q 1 0 0 rg 2 0 0 2 0 0 cm BT /F1 9 Tf 20 100 Td (changed) Tj ET' },
];

describe('a marked page', () => {
  for (const [program, draw] of [
    ['pdftoppm', byPoppler],
    ['mutool', byMupdf],
  ] as const) {
    it.skipIf(!has(program))(
      `differs from the original in the strip at its foot alone: ${program}`,
      async () => {
        const { sourcePath, copyPath } = await makeCopy(handMadeBook({ pages: oddPages }));
        for (const page of oddPages.keys()) {
          const [before, after] = [draw(sourcePath, page + 1), draw(copyPath, page + 1)];
          if (draw === byPoppler && page === strayRestores) continue;
          const fromFoot = differingRows(before, after).map((row) => after.height - row);
          expect({ page, rows: fromFoot.length > 6 }).toEqual({ page, rows: true });
          expect(Math.min(...fromFoot)).toBeGreaterThanOrEqual(stripPt.from);
          expect(Math.max(...fromFoot)).toBeLessThanOrEqual(stripPt.to);
        }
      },
    );
  }

  const chromium = chromiumPath();
  it.skipIf(!chromium)('shows its line in Chromium, and is otherwise the same', async () => {
    const { sourcePath, copyPath } = await makeCopy(handMadeBook({ pages: [{}] }));
    const [before, after] = [
      await byChromium(chromium ?? '', sourcePath),
      await byChromium(chromium ?? '', copyPath),
    ];
    const rows = differingRows(before, after);
    expect(rows.length).toBeGreaterThan(4);
    expect(Math.min(...rows)).toBeGreaterThan(after.height * 0.9);
  });

  it.skipIf(!has('qpdf'))(
    'is sound whatever the source was: plain, linearised, packed into streams',
    async () => {
      const { sourcePath } = await makeCopy(
        await plainBook({ pages: 12, linksPerPage: 2, pictureBytes: 3_000 }),
      );
      for (const option of ['--linearize', '--object-streams=generate', '--qdf']) {
        execFileSync('qpdf', [option, sourcePath, `${sourcePath}.x`]);
        const { prepared, copyPath } = await makeCopy(await readFile(`${sourcePath}.x`));
        expect(prepared).toMatchObject({ way: 'tail', reach: 'full', pageCount: 12 });
        expect(execFileSync('qpdf', ['--check', copyPath], { encoding: 'utf8' })).toContain(
          'No syntax or stream',
        );
      }
      execFileSync('qpdf', ['--encrypt', '', 'owner', '256', '--', sourcePath, `${sourcePath}.x`]);
      await expect(makeCopy(await readFile(`${sourcePath}.x`))).rejects.toThrow('Not prepared: encrypted.');
    },
  );
});

describe('a file that means harm', () => {
  it('gets a clear state and leaves nothing behind, one and all', async () => {
    const strict = createPdfMarker({
      limits: { memoryBytes: 700 * 1024 * 1024, cpuSeconds: 30, wallMs: 60_000 },
    });
    const books = {
      ...(await hostileBooks()),
      ...heavyBooks(),
      huge_picture: await plainBook({ pages: 1, pictureBytes: 50 * 1024 * 1024 }),
      scripted: scriptedBook(),
      signed: signedBook(),
    };
    const seen: Record<string, string> = {};
    for (const [name, book] of Object.entries(books)) {
      const directory = await mkdtemp(path.join(root, 'harm-'));
      const sourcePath = `${directory}.pdf`;
      await writeFile(sourcePath, book);
      const { way, reach, findings, shared } = await strict.prepare(
        { sourcePath, directory, pages: 'all' },
        never,
      );
      seen[name] = [way, reach, ...findings.map(({ code }) => code)].join(' ');
      if (shared === null) expect(await readdir(directory)).toEqual([]);
      expect(await strict.findMarks(sourcePath, never)).toEqual([]);
    }
    expect(seen).toMatchInlineSnapshot(`
      {
        "bomb_in_contents": "tail full",
        "bomb_in_objects": "tail full",
        "circle_of_pages": "tail full",
        "circle_of_tables": "tail full fonts_not_embedded",
        "cut_early": "plain none truncated",
        "cut_half": "plain none truncated",
        "cut_late": "plain none truncated",
        "deep_tree": "tail full",
        "empty": "plain none not_a_pdf",
        "header_alone": "plain none damaged",
        "huge_object": "plain none too_heavy",
        "huge_picture": "tail full fonts_not_embedded",
        "nested_arrays": "plain none damaged",
        "no_pages": "plain none no_pages",
        "no_pdf": "plain none not_a_pdf",
        "odd_numbers": "plain none damaged",
        "pages_without_end": "tail hidden too_many_pages",
        "scripted": "tail full active_content fonts_not_embedded",
        "signed": "tail hidden signed fonts_not_embedded",
        "wrong_offsets": "tail full fonts_not_embedded repaired",
      }
    `);
  });
});
