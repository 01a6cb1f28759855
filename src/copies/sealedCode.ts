/** A code's characters, by their number. */
const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-';
const codeMaxLength = 64;

const checkBytes = 4;
const headBytes = 2;

/**
 * A code as bytes that look like chance and prove themselves: checksum, then carrier, length and characters of six bits,
 * all mixed with numbers that follow from the checksum. Nobody finds it by looking for what two copies have in common,
 * and whatever else stands in a file is not taken for it.
 *
 * @param carrier where it is hidden, 0 to 255; each format has its own numbers
 * @throws RangeError for a code that has another form than `CopyMark.code`
 */
export function sealCode(code: string, carrier: number): Buffer {
  if (!/^[A-Z0-9-]{1,64}$/.test(code))
    throw new RangeError('A code has 1 to 64 characters of A-Z, 0-9 and -.');
  const plain = Buffer.alloc(headBytes + packedBytes(code.length));
  plain[0] = code.length;
  plain[1] = carrier;
  for (let index = 0; index < code.length; index += 1) {
    writeSixBits(plain, index, alphabet.indexOf(code[index] ?? ''));
  }
  const check = checksumOf(plain);
  const sealed = Buffer.alloc(checkBytes + plain.length);
  sealed.writeUInt32BE(check);
  mix(plain, check).copy(sealed, checkBytes);
  return sealed;
}

/** Reads a code at the beginning of some bytes; what follows it is not looked at. Undefined when there is none. */
export function unsealCode(bytes: Uint8Array): { code: string; carrier: number } | undefined {
  if (bytes.length < checkBytes + headBytes + 1) return undefined;
  const sealed = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, sealedMaxBytes));
  const check = sealed.readUInt32BE();
  const head = mix(sealed.subarray(checkBytes, checkBytes + headBytes), check);
  const length = head[0] ?? 0;
  const carrier = head[1] ?? 0;
  if (length < 1 || length > codeMaxLength) return undefined;
  const end = checkBytes + headBytes + packedBytes(length);
  if (sealed.length < end) return undefined;
  const plain = mix(sealed.subarray(checkBytes, end), check);
  if (checksumOf(plain) !== check) return undefined;
  let code = '';
  for (let index = 0; index < length; index += 1) code += alphabet[readSixBits(plain, index)] ?? '';
  return code.length === length ? { code, carrier } : undefined;
}

/** The shortest and the longest that a sealed code can be. */
export const sealedMinBytes = checkBytes + headBytes + 1;
export const sealedMaxBytes = checkBytes + headBytes + packedBytes(codeMaxLength);

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base 32 (RFC 4648, without padding): letters that every font has. */
export function lettersOf(bytes: Uint8Array): string {
  let bits = 0;
  let held = 0;
  let text = '';
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 5; bits -= 5) text += letters[(held >>> (bits - 5)) & 31];
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + letters[(held << (5 - bits)) & 31] : text;
}

export function bytesOfLetters(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    held = ((held << 5) | letters.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((held >>> (bits -= 8)) & 255);
  }
  return Buffer.from(bytes);
}

function packedBytes(length: number): number {
  return Math.ceil((length * 6) / 8);
}

function writeSixBits(plain: Buffer, index: number, value: number): void {
  for (let bit = 0; bit < 6; bit += 1) {
    const at = index * 6 + bit;
    const byte = headBytes + (at >> 3);
    if (value & (32 >> bit)) plain[byte] = (plain[byte] ?? 0) | (128 >> (at & 7));
  }
}

function readSixBits(plain: Buffer, index: number): number {
  let value = 0;
  for (let bit = 0; bit < 6; bit += 1) {
    const at = index * 6 + bit;
    value = (value << 1) | (((plain[headBytes + (at >> 3)] ?? 0) >> (7 - (at & 7))) & 1);
  }
  return value;
}

/** Xorshift: the same stream for the same check, and no two checks alike. */
function mix(bytes: Uint8Array, check: number): Buffer {
  const mixed = Buffer.from(bytes);
  let state = check === 0 ? 0x9e3779b9 : check;
  for (let index = 0; index < mixed.length; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    mixed[index] = (mixed[index] ?? 0) ^ (state & 255);
  }
  return mixed;
}

/** CRC-32 as in zip files. */
function checksumOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
