import { partsOf, readAs } from './kinds.ts';

const bytesMin = 32;
/** 32 random bytes hold fewer different ones than this about once in a hundred million. */
const differentMin = 18;

/** The key of `.env.example`. Everybody knows it. */
export const publishedLinkKey = 'jl8/mCITHg4TinKEYYZtXzb0e94M6Ik0+QqNkUCMTAE=';

/** Keys in base64 or hex, the writing one first. Keys that somebody could guess are refused. */
export const linkKeys = readAs((text, refuse): Uint8Array[] => {
  const keys = partsOf(text).map(keyBytes);
  if (keys.length === 0) return refuse('must hold at least one key');
  for (const [index, key] of keys.entries()) {
    const which = keys.length > 1 ? `key ${index + 1} ` : '';
    if (!key) return refuse(`${which}must be base64 or hex`);
    if (key.length < bytesMin)
      return refuse(`${which}must have at least ${bytesMin} bytes; it has ${key.length}`);
    if (!looksRandom(key))
      return refuse(`${which}is not random enough to be a key; make one with: openssl rand -base64 32`);
  }
  return keys.filter((key) => key !== undefined);
});

function keyBytes(text: string): Uint8Array | undefined {
  if (/^([0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  if (/^[A-Za-z0-9_-]+={0,2}$/.test(text)) return Buffer.from(text, 'base64url');
  return undefined;
}

/** Catches words, patterns, counters and repeats; it cannot prove that a key is secret. */
function looksRandom(key: Uint8Array): boolean {
  const isText = key.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d);
  const differences = key.slice(1).map((byte, index) => byte - (key[index] ?? 0));
  return !isText && new Set(key).size >= differentMin && new Set(differences).size >= differentMin;
}
