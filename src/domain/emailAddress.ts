/** An address we may send to, and the canonical form by which its owner is found. */
export interface EmailAddress {
  /** As the buyer typed it, without spaces around it and with an A-label domain: what mail is sent to. */
  original: string;
  /** Lower-case local part, A-label domain: what matching uses. No provider's dot or plus tricks. */
  canonical: string;
}

const localPart = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domainPart = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/** Nobody can see these, so nobody can tell two addresses with and without them apart. */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

/** The A-label form of a domain (`exämple.de` → `xn--exmple-cua.de`), lower case; empty when it has none. */
function asciiDomain(text: string): string {
  const url = `http://${text}`;
  return URL.canParse(url) ? new URL(url).hostname : '';
}

/**
 * Accepts a single plain addr-spec and nothing cleverer: no lists, display names, quoted local parts, IP literals,
 * bare host names, control characters, or non-ASCII local parts (SMTPUTF8). Refusing is safe; guessing is not.
 * Rules: RFC 5321 §4.5.3.1 for lengths, RFC 5322 dot-atom for the local part.
 *
 * @returns undefined when the text is not such an address
 */
export function parseEmailAddress(text: string): EmailAddress | undefined {
  if (text.length > 512) return undefined;
  const original = text.replace(/^ +| +$/g, '');
  if (original.length > 254 || invisible.test(original)) return undefined;
  const at = original.lastIndexOf('@');
  const local = original.slice(0, at);
  // An encoded word and percent escapes are legal atoms, and mean something else to whoever decodes once too often.
  if (/=\?|%/.test(local)) return undefined;
  if (at < 1 || local.length > 64 || local.startsWith('-') || !localPart.test(local)) return undefined;
  const typedDomain = original.slice(at + 1);
  if (/[\s%\\/:?#[\]]/.test(typedDomain)) return undefined;
  const domain = asciiDomain(typedDomain);
  if (!domainPart.test(domain) || local.length + 1 + domain.length > 254) return undefined;
  return { original: `${local}@${domain}`, canonical: `${local.toLowerCase()}@${domain}` };
}
