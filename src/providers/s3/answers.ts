import { s3Failure } from './faults.ts';

/** A key that is not there; a bucket that is not there is another matter. */
export function isAbsent(thrown: unknown): boolean {
  const { code, status } = s3Failure(thrown);
  return status === 404 && code !== 'NoSuchBucket';
}

/** A checksum of the whole object. Those of uploads in parts are checksums of checksums. */
export function hexOf(base64: string | undefined, type: string | undefined): string | undefined {
  if (base64 === undefined || base64.includes('-') || type === 'COMPOSITE') return undefined;
  return Buffer.from(base64, 'base64').toString('hex');
}

/** Nothing that we store is a page: it is a proxy's word, though it says 200. */
export const isPage = (contentType: string | undefined) => /^text\/html\b/i.test(contentType ?? '');

/** Of the object, also where a part of it was asked for. */
export const wholeSize = (answer: {
  ContentRange?: string | undefined;
  ContentLength?: number | undefined;
}): number => Number(answer.ContentRange?.split('/')[1] ?? answer.ContentLength ?? 0);
