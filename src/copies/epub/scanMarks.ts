import type { FoundMark } from '../../ports/bookMarking.ts';
import { bytesOfLetters, sealedMaxBytes, sealedMinBytes } from '../sealedCode.ts';
import { readSealedCode } from './carriers.ts';
import { loosePieces, unpackFreely, type LoosePiece } from './scanPieces.ts';

export interface ScanLimits {
  /** After that much computing the scan ends with what it has. */
  cpuMs: number;
  /** Of all entries together. */
  inflatedBytes: number;
}

interface Scan {
  add: (letters: string) => void;
  isOver: () => boolean;
  take: (sizeBytes: number) => void;
}

/**
 * Finds marks without trusting anything in the file: no directory, no name, no size. What proves itself to be a sealed code
 * is one, wherever it stands. Small entries come first, for documents are small beside pictures.
 */
export function scanMarks(bytes: Buffer, limits: ScanLimits): FoundMark[] {
  const found = new Map<string, FoundMark>();
  const startedAt = process.cpuUsage();
  let left = limits.inflatedBytes;
  scanArchive(bytes, 0, {
    add(letters) {
      const upper = letters.toUpperCase().slice(0, Math.ceil((sealedMaxBytes * 8) / 5));
      const mark = readSealedCode(bytesOfLetters(upper));
      if (mark) found.set(`${mark.carrier} ${mark.code}`, mark);
    },
    isOver() {
      const { user, system } = process.cpuUsage(startedAt);
      return left < 0 || (user + system) / 1000 > limits.cpuMs;
    },
    take(sizeBytes) {
      left -= sizeBytes;
    },
  });
  return Array.from(found.values()).sort(
    (one, other) => one.code.localeCompare(other.code) || one.carrier.localeCompare(other.carrier),
  );
}

/** Whoever passes a book on may have packed it once more. */
const deepest = 2;

function scanArchive(bytes: Buffer, depth: number, scan: Scan): void {
  // Names, and whatever is stored as it is.
  scanBytes(bytes, scan);
  const packed = loosePieces(bytes).toSorted((one, other) => sizeOf(one) - sizeOf(other));
  for (const piece of packed) {
    if (scan.isOver()) return;
    const content = unpackFreely(bytes, piece);
    if (!content) continue;
    scan.take(content.length);
    const isArchive = content.length > 4 && content.readUInt32LE() === 0x04034b50;
    if (isArchive && depth < deepest) scanArchive(content, depth + 1, scan);
    else scanBytes(content, scan);
  }
}

const sizeOf = ({ start, end }: LoosePiece) => end - start;

const stepBytes = 4 * 1024 * 1024;
/** Longer than any run of letters that is looked at, also in UTF-16. */
const overlapBytes = 16 * 1024;

function scanBytes(bytes: Buffer, scan: Scan): void {
  for (let at = 0; at < bytes.length && !scan.isOver(); at += stepBytes) {
    const text = bytes.toString('latin1', at, Math.min(bytes.length, at + stepBytes + overlapBytes));
    for (const pattern of runs) {
      for (const [run] of text.matchAll(pattern)) scan.add(run.replaceAll('\0', ''));
    }
  }
}

// Each goes one way only through a text, and no further than it must: a hostile one costs no more than a sound one.
const shortest = Math.ceil((sealedMinBytes * 8) / 5);
const runs = [
  new RegExp(`[A-Z2-7]{${shortest},4096}`, 'g'),
  new RegExp(`[a-z2-7]{${shortest},4096}`, 'g'),
  new RegExp(`(?:[A-Z2-7]\\0){${shortest},4096}`, 'g'),
];
