import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { inflateSync } from 'node:zlib';

/** A page as a viewer shows it: three bytes per pixel, from the top. */
export interface Picture {
  width: number;
  height: number;
  pixels: Buffer;
}

/** 72 pixels per inch: a pixel is a point. */
export function byPoppler(file: string, page: number): Picture {
  return inDirectory((directory) => {
    const target = path.join(directory, 'page');
    const range = ['-f', String(page), '-l', String(page)];
    execFileSync('pdftoppm', ['-r', '72', '-cropbox', '-singlefile', ...range, file, target], {
      stdio: 'pipe',
    });
    return parsePpm(readFileSync(`${target}.ppm`));
  });
}

export function byMupdf(file: string, page: number): Picture {
  return inDirectory((directory) => {
    const target = path.join(directory, 'page.ppm');
    execFileSync('mutool', ['draw', '-q', '-r', '72', '-c', 'rgb', '-o', target, file, String(page)], {
      stdio: 'pipe',
    });
    return parsePpm(readFileSync(target));
  });
}

/** The first page in the browser's own viewer, fitted into the window. */
export async function byChromium(chromium: string, file: string): Promise<Picture> {
  const profile = mkdtempSync(path.join(tmpdir(), 'chromium-'));
  const flags = ['--headless=new', '--remote-debugging-pipe', '--disable-gpu', `--user-data-dir=${profile}`];
  // Its own sandbox cannot be had by root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = spawn(chromium, [...flags, ...asRoot, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const gone = new Promise((resolve) => browser.once('exit', resolve));
  const send = messenger(browser.stdio[3] as Writable, browser.stdio[4] as Readable);
  try {
    const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
    await send('Page.navigate', { url: `file://${file}#toolbar=0&view=Fit` }, sessionId);
    return parsePng(
      await settled(async () => {
        const { data } = await send('Page.captureScreenshot', { format: 'png' }, sessionId);
        return Buffer.from(data ?? '', 'base64');
      }),
    );
  } finally {
    // Killed, it would leave others of its processes behind that go on to write into the profile.
    const late = setTimeout(() => browser.kill('SIGKILL'), 5_000);
    void send('Browser.close', {});
    await gone;
    clearTimeout(late);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 300 });
  }
}

/** An empty window is a picture of 2 to 3 kB. */
const emptyWindowBytes = 4_000;

/** A viewer does not say when it has drawn: a page is larger than an empty window, and then stays as it is. */
async function settled(take: () => Promise<Buffer>): Promise<Buffer> {
  let before: Buffer = Buffer.alloc(0);
  for (let look = 0; look < 60; look += 1) {
    const now = await take();
    if (now.length > emptyWindowBytes && now.equals(before)) return now;
    before = now;
    await sleep(500);
  }
  throw new Error('The browser has not shown the page.');
}

type Answer = Record<string, string>;

function messenger(out: Writable, input: Readable) {
  const waiting = new Map<number, (answer: Answer) => void>();
  let rest = '';
  let last = 0;
  input.on('data', (chunk: Buffer) => {
    const messages = (rest + chunk.toString('utf8')).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) {
      const { id, result, error } = JSON.parse(message) as { id?: number; result?: Answer; error?: Answer };
      if (id !== undefined) waiting.get(id)?.(result ?? error ?? {});
    }
  });
  return (method: string, params: object, sessionId?: string): Promise<Answer> =>
    new Promise((resolve) => {
      waiting.set((last += 1), resolve);
      out.write(`${JSON.stringify({ id: last, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
    });
}

function inDirectory<T>(work: (directory: string) => T): T {
  const directory = mkdtempSync(path.join(tmpdir(), 'pdf-picture-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function parsePpm(bytes: Buffer): Picture {
  const [head = '', width, height] =
    /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.toString('latin1', 0, 64)) ?? [];
  return { width: Number(width), height: Number(height), pixels: bytes.subarray(head.length) };
}

/** Eight bits per channel, not interlaced, as browsers write them. */
function parsePng(bytes: Buffer): Picture {
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const channels = bytes[25] === 6 ? 4 : 3;
  const parts: Buffer[] = [];
  for (let at = 8; at < bytes.length; at += bytes.readUInt32BE(at) + 12) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') {
      parts.push(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at)));
    }
  }
  const rows = unfiltered(inflateSync(Buffer.concat(parts)), { width: width * channels, height, channels });
  const pixels = Buffer.alloc(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel += 1)
    rows.copy(pixels, pixel * 3, pixel * channels, pixel * channels + 3);
  return { width, height, pixels };
}

function unfiltered(
  data: Buffer,
  { width, height, channels }: { width: number; height: number; channels: number },
): Buffer {
  const rows = Buffer.alloc(width * height);
  for (let y = 0; y < height; y += 1) {
    const filter = data[y * (width + 1)] ?? 0;
    for (let x = 0; x < width; x += 1) {
      const left = x < channels ? 0 : (rows[y * width + x - channels] ?? 0);
      const above = y === 0 ? 0 : (rows[(y - 1) * width + x] ?? 0);
      const corner = x < channels || y === 0 ? 0 : (rows[(y - 1) * width + x - channels] ?? 0);
      const predicted = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter] ?? 0;
      rows[y * width + x] = ((data[y * (width + 1) + 1 + x] ?? 0) + predicted) & 255;
    }
  }
  return rows;
}

function paeth(left: number, above: number, corner: number): number {
  const [toLeft, toAbove, toCorner] = [left, above, corner].map((one) =>
    Math.abs(left + above - corner - one),
  );
  if ((toLeft ?? 0) <= (toAbove ?? 0) && (toLeft ?? 0) <= (toCorner ?? 0)) return left;
  return (toAbove ?? 0) <= (toCorner ?? 0) ? above : corner;
}

/** The rows from the top in which two pictures differ. */
export function differingRows(one: Picture, other: Picture): number[] {
  if (one.width !== other.width || one.height !== other.height)
    throw new RangeError('The pages differ in size.');
  const stride = one.width * 3;
  return Array.from({ length: one.height }, (_, row) => row).filter(
    (row) =>
      !one.pixels
        .subarray(row * stride, (row + 1) * stride)
        .equals(other.pixels.subarray(row * stride, (row + 1) * stride)),
  );
}
