import type { FoundMark } from '../../ports/bookMarking.ts';
import { bytesOfLetters, sealedMaxBytes, sealedMinBytes } from '../sealedCode.ts';
import { readRule, type Point } from './markRule.ts';
import { isWorthReading, looseStreams, readLooseStream, type LooseStream } from './scanStreams.ts';
import { unsealCode } from './sealedCode.ts';

export interface ScanLimits {
  /** After that much computing the scan ends with what it has. */
  cpuMs: number;
  /** Of all streams together, inflated. */
  inflatedBytes: number;
}

/**
 * Finds marks without trusting anything in the file: no table, no tree, no length. What proves itself to be a sealed
 * code is one, wherever it stands. Small streams come first, for a page's contents are small beside its pictures.
 */
export function scanMarks(bytes: Buffer, limits: ScanLimits): FoundMark[] {
  const found = new Map<string, FoundMark>();
  const add = (sealed: Uint8Array | undefined) => {
    const mark = sealed && unsealCode(sealed);
    if (mark) found.set(`${mark.carrier} ${mark.code}`, mark);
  };
  const startedAt = process.cpuUsage();
  const isOver = () => {
    const { user, system } = process.cpuUsage(startedAt);
    return (user + system) / 1000 > limits.cpuMs;
  };
  const streams = looseStreams(bytes);
  for (const text of textBetween(bytes, streams)) scanText(text, add);
  let inflated = 0;
  const bySize = streams
    .filter(isWorthReading)
    .sort((one, other) => one.end - one.start - (other.end - other.start));
  for (const stream of bySize) {
    if (isOver() || inflated > limits.inflatedBytes) break;
    const content = readLooseStream(bytes, stream);
    if (content === undefined) continue;
    inflated += content.length;
    const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
    scanText(text, add);
    for (const points of lines(text)) add(readRule(points));
  }
  return Array.from(found.values()).sort(
    (one, other) => one.code.localeCompare(other.code) || one.carrier.localeCompare(other.carrier),
  );
}

/** Objects outside streams: dictionaries and the trailer. */
function* textBetween(bytes: Buffer, streams: LooseStream[]): Generator<string> {
  let at = 0;
  for (const { start, end } of streams) {
    yield bytes.toString('latin1', at, start);
    at = end;
  }
  yield bytes.toString('latin1', at);
}

// Each of these goes one way only through a text, and no further than it must: a hostile one costs no more than a sound one.
const hexRun = new RegExp(`[0-9A-Fa-f]{${sealedMinBytes * 2},4096}`, 'g');
const letterRun = new RegExp(`[A-Z2-7]{${Math.ceil((sealedMinBytes * 8) / 5)},4096}`, 'g');
const shortString = new RegExp(`\\(((?:\\\\[^]|[^\\\\()]){${sealedMinBytes},${sealedMaxBytes * 4}})\\)`, 'g');
const shownArray = /\[((?:[^[\]()\\]|\((?:\\[^]|[^\\()]){0,500}\)){1,1000})\]\s*TJ/g;

function scanText(text: string, add: (sealed: Uint8Array) => void): void {
  for (const [run] of text.matchAll(hexRun)) {
    const bytes = Buffer.from(run.slice(0, sealedMaxBytes * 2), 'hex');
    add(bytes);
    // Text that another program has written in hexadecimal.
    scanLetters(bytes.toString('latin1'), add);
  }
  scanLetters(text, add);
  for (const [, string = ''] of text.matchAll(shortString)) add(Buffer.from(unescaped(string), 'latin1'));
  for (const [, array = ''] of text.matchAll(shownArray)) scanLetters(joined(array), add);
}

function scanLetters(text: string, add: (sealed: Uint8Array) => void): void {
  for (const [run] of text.matchAll(letterRun)) add(bytesOfLetters(run.slice(0, sealedMaxBytes * 2)));
}

/** The strings of a `TJ` without what moves them. */
function joined(array: string): string {
  return Array.from(array.matchAll(/\(((?:\\[^]|[^\\()])*)\)|<([0-9A-Fa-f\s]*)>/g), ([, literal, hex]) =>
    literal === undefined
      ? Buffer.from((hex ?? '').replace(/\s/g, ''), 'hex').toString('latin1')
      : unescaped(literal),
  ).join('');
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

/** ISO 32000-1, 7.3.4.2. */
function unescaped(string: string): string {
  return string.replace(
    /\\(?:([0-7]{1,3})|(\r\n|[^]))/g,
    (_, octal: string | undefined, one: string | undefined) => {
      if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8) & 255);
      if (one === '\r\n' || one === '\n' || one === '\r') return '';
      return escapes[one ?? ''] ?? one ?? '';
    },
  );
}

const number = String.raw`[-+]?(?:\d+(?:\.\d*)?|\.\d+)`;
const brokenLine = new RegExp(
  `(${number})\\s+(${number})\\s+m\\s+((?:${number}\\s+${number}\\s+l\\s+){10,400})`,
  'g',
);
const lineTo = new RegExp(`(${number})\\s+(${number})\\s+l`, 'g');

/** Paths of a content stream that consist of many straight pieces. */
function* lines(text: string): Generator<Point[]> {
  for (const [, x, y, rest = ''] of text.matchAll(brokenLine)) {
    const pieces = Array.from(rest.slice(0, 16_384).matchAll(lineTo), ([, toX, toY]) => ({
      x: Number(toX),
      y: Number(toY),
    }));
    yield [{ x: Number(x), y: Number(y) }, ...pieces];
  }
}
