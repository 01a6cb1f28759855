import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { appendFile, copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { PDFDocument, StandardFonts, rgb } from '@cantoo/pdf-lib';
import { createPdfMarker } from '../../src/copies/pdf/pdfMarker.ts';

interface Paths {
  sourcePath: string;
  bodyPath: string;
  recipePath: string;
  targetPath: string;
}

/** Makes ready what a worker keeps from one copy to the next; what it gives makes one copy and knows its hash. */
type Maker = (paths: Paths) => Promise<() => Promise<{ childKb: number } | undefined>>;

const line = 'Licensed to Zaneta Lecka - order 7K3M-Q9XT-4BVD';
const code = '7K3MQ9XT4BVD7K3MQ9XT';

export const makers: Record<string, Maker> = {
  async prepared({ bodyPath, recipePath, targetPath }) {
    const marker = createPdfMarker();
    const state = createHash('sha256');
    for await (const chunk of createReadStream(bodyPath)) state.update(chunk as Buffer);
    return async () => {
      const tail = marker.tailOf(await readFile(recipePath), { line, code });
      await copyFile(bodyPath, targetPath);
      await appendFile(targetPath, tail);
      state.copy().update(tail).digest('hex');
      return undefined;
    };
  },

  async 'pdf-lib'({ sourcePath, targetPath }) {
    return async () => {
      const document = await PDFDocument.load(await readFile(sourcePath));
      const font = await document.embedFont(StandardFonts.Helvetica);
      for (const page of document.getPages()) {
        page.drawText(line, { x: 60, y: 9, size: 7.5, font, color: rgb(0.45, 0.45, 0.45) });
      }
      const bytes = await document.save();
      createHash('sha256').update(bytes).digest('hex');
      await writeFile(targetPath, bytes);
      return undefined;
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
      const childKb = await run('qpdf', [
        sourcePath,
        '--overlay',
        stampPath,
        '--from=',
        '--repeat=1',
        '--',
        targetPath,
      ]);
      const hash = createHash('sha256');
      for await (const chunk of createReadStream(targetPath)) hash.update(chunk as Buffer);
      hash.digest('hex');
      await rm(stampPath);
      return { childKb };
    };
  },
};

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
