import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { isStorageKey } from '../storageKey.ts';

export interface SignedDownload {
  key: string;
  fileName: string;
  contentType: string;
}

/** What a route finds in a signed URL: the key from its path, the rest from its query. */
const paramsShape = z.object({
  key: z.string().refine(isStorageKey),
  /** Unix seconds. */
  expires: z.string().regex(/^\d{1,12}$/),
  name: z.string().min(1).max(255),
  type: z.string().min(1).max(255),
  signature: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
});

type Claims = SignedDownload & { expiresAtSeconds: number };

/** Nobody is given a URL that lives longer, so one that claims to is not honoured even when it is signed. */
const lifetimeMaxMs = 15 * 60_000;

/** Fields are joined by line feeds, which none of them may contain: two different claims never sign alike. */
function signatureOf(
  signingKey: Uint8Array,
  { key, expiresAtSeconds, fileName, contentType }: Claims,
): Buffer {
  const text = ['download-v1', key, expiresAtSeconds, fileName, contentType].join('\n');
  return createHmac('sha256', signingKey).update(text).digest();
}

/** A URL that serves one object under one name until one moment. */
export function signUrlOf(baseUrl: string, signingKey: Uint8Array, claims: Claims): string {
  if (/\p{Cc}/u.test(claims.fileName + claims.contentType)) {
    throw new TypeError('File name and content type must not contain control characters.');
  }
  const query = new URLSearchParams({
    expires: String(claims.expiresAtSeconds),
    name: claims.fileName,
    type: claims.contentType,
    signature: signatureOf(signingKey, claims).toString('base64url'),
  });
  return `${baseUrl.replace(/\/+$/, '')}/files/${claims.key}?${query.toString()}`;
}

/**
 * Checks what came with a request. Compares in constant time.
 *
 * @returns undefined when anything is missing, changed or expired; why is nobody's business
 */
export function readSignedUrl(
  params: unknown,
  signingKey: Uint8Array,
  now: Date,
): SignedDownload | undefined {
  const parsed = paramsShape.safeParse(params);
  if (!parsed.success) return undefined;
  const { key, expires, name: fileName, type: contentType, signature } = parsed.data;
  if (/\p{Cc}/u.test(fileName + contentType)) return undefined;
  const expiresAtSeconds = Number(expires);
  const expected = signatureOf(signingKey, { key, expiresAtSeconds, fileName, contentType });
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const leftMs = expiresAtSeconds * 1000 - now.getTime();
  return leftMs > 0 && leftMs <= lifetimeMaxMs ? { key, fileName, contentType } : undefined;
}
