import { constants, inflateRawSync } from 'node:zlib';
import { signatures } from './zipArchive.ts';

/** Packed bytes as they lie in the file, found without its directory. */
export interface LoosePiece {
  start: number;
  end: number;
}

const piecesMax = 200_000;
const pieceMaxBytes = 64 * 1024 * 1024;
const localSignature = Buffer.from([0x50, 0x4b, 3, 4]);

/** The deflated entries of an archive, whatever state its directory is in. */
export function loosePieces(bytes: Buffer): LoosePiece[] {
  const pieces: LoosePiece[] = [];
  for (let at = bytes.indexOf(localSignature); at >= 0 && pieces.length < piecesMax;) {
    if (at + 30 > bytes.length) break;
    const start = at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28);
    const known = start + bytes.readUInt32LE(at + 18);
    const next = bytes.indexOf(localSignature, at + 4);
    const end = next < 0 ? bytes.length : next;
    if (bytes.readUInt16LE(at + 8) === 8 && start < end) {
      // Packed bytes may hold the signature by chance; a size that leads to another header is believed.
      pieces.push({ start, end: known > end && isHeader(bytes, known) ? known : end });
    }
    at = next;
  }
  return pieces;
}

function isHeader(bytes: Buffer, at: number): boolean {
  if (at + 4 > bytes.length) return false;
  const signature = bytes.readUInt32LE(at);
  return signature === signatures.local || signature === signatures.central;
}

/** What can be unpacked of bytes that may be cut short or go on with something else. Undefined beyond the limit. */
export function unpackFreely(bytes: Buffer, { start, end }: LoosePiece): Buffer | undefined {
  try {
    return inflateRawSync(bytes.subarray(start, end), {
      maxOutputLength: pieceMaxBytes,
      finishFlush: constants.Z_SYNC_FLUSH,
    });
  } catch {
    return undefined;
  }
}
