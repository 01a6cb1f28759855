import { sealCode as seal, unsealCode as unseal } from '../sealedCode.ts';

/** Where a code was hidden: what `FoundMark.carrier` says. The order is part of the bytes: add at the end only. */
export const carriers = [
  'document_id',
  'document_info',
  'document_metadata',
  'page_entry',
  'page_text',
  'page_rule',
] as const;
export type Carrier = (typeof carriers)[number];

/**
 * A code as bytes that prove themselves, for one carrier of a PDF.
 *
 * @throws RangeError for a code that has another form than `CopyMark.code`
 */
export function sealCode(code: string, carrier: Carrier): Buffer {
  return seal(code, carriers.indexOf(carrier));
}

/** Reads a PDF's code at the beginning of some bytes; what follows it is not looked at. Undefined when there is none. */
export function unsealCode(bytes: Uint8Array): { code: string; carrier: Carrier } | undefined {
  const found = unseal(bytes);
  const carrier = carriers[found?.carrier ?? -1];
  return found && carrier !== undefined ? { code: found.code, carrier } : undefined;
}
