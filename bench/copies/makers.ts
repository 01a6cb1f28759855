import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { PDFDocument, StandardFonts, rgb } from '@cantoo/pdf-lib';
import { strFromU8, strToU8, unzipSync, zipSync, type Zippable } from 'fflate';
import { createEpubMarker } from '../../src/copies/epub/epubMarker.ts';
import { hashOf } from '../../src/copies/hashOf.ts';
import { createPdfMarker } from '../../src/copies/pdf/pdfMarker.ts';

export interface Paths {
  format: 'pdf' | 'epub';
  sourcePath: string;
  bodyPath: string;
  recipePath: string;
  targetPath: string;
}

interface Made {
  /** The most memory of a child process. */
  childKb?: number;
  /** Of a copy that is not written to the disk. */
  copyBytes?: number;
}

/** Makes ready what a worker keeps from one copy to the next; what it gives makes one copy and knows its hash. */
type Maker = (paths: Paths) => Promise<() => Promise<Made>>;

const line = 'Licensed to Zaneta Lecka - order 7K3M-Q9XT-4BVD';
const code = '7K3MQ9XT4BVD7K3MQ9XT';

export const makers: Record<string, Maker> = {
  async ours(paths) {
    const tailFor = await tailer(paths);
    return async () => {
      writeCopy(paths, await tailFor());
      return {};
    };
  },

  async 'ours, streamed'(paths) {
    const tailFor = await tailer(paths);
    const { size } = statSync(paths.bodyPath);
    return async () => ({ copyBytes: size + (await tailFor()).byteLength });
  },

  async 'pdf-lib'({ sourcePath, targetPath }) {
    return async () => {
      const document = await PDFDocument.load(await readFile(sourcePath));
      const font = await document.embedFont(StandardFonts.Helvetica);
      for (const page of document.getPages()) {
        page.drawText(line, { x: 60, y: 9, size: 7.5, font, color: rgb(0.45, 0.45, 0.45) });
      }
      await writeHashed(targetPath, await document.save());
      return {};
    };
  },

  /** Draws a page with the line over each page; the hash is read from the file afterwards. */
  async qpdf({ sourcePath, targetPath }) {
    const stampPath = `${targetPath}.stamp.pdf`;
    return async () => {
      const stamp = await PDFDocument.create();
      const font = await stamp.embedFont(StandardFonts.Helvetica);
      stamp.addPage([420, 595]).drawText(line, { x: 60, y: 9, size: 7.5, font });
      await writeFile(stampPath, await stamp.save());
      const overlay = ['--overlay', stampPath, '--from=', '--repeat=1', '--'];
      const childKb = await run('qpdf', [sourcePath, ...overlay, targetPath]);
      (await hashOf(targetPath)).hash.digest('hex');
      await rm(stampPath);
      return { childKb };
    };
  },

  fflate: (paths) => zippedAnew(paths, 6),
  'fflate, stored': (paths) => zippedAnew(paths, 0),
};

/** Through one buffer that stays in the processor's cache: the kernel's own copying (`copyFile`) takes a third more. */
function writeCopy({ bodyPath, targetPath }: Paths, tail: Uint8Array): void {
  const body = openSync(bodyPath, 'r');
  const copy = openSync(targetPath, 'w');
  for (;;) {
    const bytes = readSync(body, buffer, 0, buffer.byteLength, null);
    if (bytes === 0) break;
    writeSync(copy, buffer, 0, bytes);
  }
  writeSync(copy, tail);
  closeSync(body);
  closeSync(copy);
}

const buffer = Buffer.alloc(128 * 1024);

/** One buyer's tail, and the hash of the copy with it. */
async function tailer({ format, bodyPath, recipePath }: Paths): Promise<() => Promise<Uint8Array>> {
  const marker = format === 'pdf' ? createPdfMarker() : createEpubMarker();
  const { hash } = await hashOf(bodyPath);
  return async () => {
    const tail = marker.tailOf(await readFile(recipePath), { line, code });
    hash.copy().update(tail).digest('hex');
    return tail;
  };
}

/** Puts the line at the end of the first chapter; everything is unpacked and packed again. */
async function zippedAnew({ sourcePath, targetPath }: Paths, level: 0 | 6): ReturnType<Maker> {
  const chapter = 'OEBPS/c1.xhtml';
  const mtime = new Date(2025, 0, 15, 12);
  return async () => {
    const files = unzipSync(await readFile(sourcePath));
    const text = strFromU8(files[chapter] ?? new Uint8Array());
    files[chapter] = strToU8(text.replace('</body>', `<p>${line}</p></body>`));
    const entries = Object.entries(files).map(
      ([name, bytes]) => [name, [bytes, { level: name === 'mimetype' ? 0 : level, mtime }]] as const,
    );
    await writeHashed(targetPath, zipSync(Object.fromEntries(entries) as Zippable));
    return {};
  };
}

async function writeHashed(targetPath: string, bytes: Uint8Array): Promise<void> {
  createHash('sha256').update(bytes).digest('hex');
  await writeFile(targetPath, bytes);
}

/** The highest memory of the child, looked at every few milliseconds. */
function run(program: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'ignore' });
    let highestKb = 0;
    const timer = setInterval(() => {
      try {
        const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
        highestKb = Math.max(highestKb, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0));
      } catch {
        // It has just ended.
      }
    }, 5);
    child.on('error', reject);
    child.on('exit', (status) => {
      clearInterval(timer);
      if (status === 0) resolve(highestKb);
      else reject(new Error(`${program} ended with ${status}.`));
    });
  });
}
