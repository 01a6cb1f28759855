/** What is replaced, and by what. The order counts: what holds others comes first. */
interface Pattern {
  find: RegExp;
  by: string | ((found: string, ...parts: string[]) => string);
}

/** Before the @ of an address. Begun only where a word begins, or long texts would be looked through again and again. */
const addressPart = String.raw`[^\s@<>()[\]\\,;:"]`;
const domain = String.raw`(?:(?:[\p{L}\p{N}_%-]{1,200}\.)+[\p{L}%][\p{L}\p{N}%-]+|localhost\b|\[[^\]\s]{1,60}\])`;

const patterns: readonly Pattern[] = [
  // A URL that somebody could log in with: postgres://name:password@host.
  { find: /([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/"'<>]+@/gi, by: '$1[credentials]@' },
  // What follows the question mark signs, or tells who asks. Also the fragment, in which tokens are handed over.
  { find: /(https?:\/\/[^\s?#"'<>]{1,4000})[?#][^\s"'<>]+/gi, by: '$1?[query]' },
  {
    find: /([?&](?:x-amz-[a-z-]+|signature|sig|token|[a-z]+_token|code|key|api_?key|secret|client_secret|password|state)=)[^&\s"'<>]+/gi,
    by: '$1[query]',
  },
  { find: /\b(bearer)\s+[^\s"',;]{6,}/gi, by: '$1 [token]' },
  { find: /\b(authorization["']?\s*[:=]\s*["']?(?:basic\s+)?)[^\s"',;[]{6,}/gi, by: '$1[token]' },
  {
    find: /\b((?:pass(?:word|wd)?|pwd|secret|api_?key|cookie|session_?token)["']?\s*[:=]\s*["']?)[^\s"',;&[]{4,}/gi,
    by: '$1[secret]',
  },
  { find: /(?<![A-Za-z0-9])whsec_[A-Za-z0-9+/=_-]{4,}/g, by: '[secret]' },
  { find: /(?<![A-Za-z0-9])[a-z]{2,8}_[A-Za-z0-9_]{2,80}_secret_[A-Za-z0-9_-]{2,}/g, by: '[secret]' },
  { find: /(?<![A-Za-z0-9])[srp]k_(?:live|test)_[A-Za-z0-9_]{4,}/g, by: '[secret]' },
  {
    find: /(?<![A-Za-z0-9])(?:re_[A-Za-z0-9]{6,}_[A-Za-z0-9]{8,}|ph[cxs]_[A-Za-z0-9]{16,}|xox[a-z]-[A-Za-z0-9-]{8,}|gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|sb_secret_[\w-]{8,}|sbp_[a-f0-9]{16,}|AKIA[A-Z0-9]{12,})/g,
    by: '[secret]',
  },
  { find: /eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]*){0,3}/g, by: '[token]' },
  {
    find: new RegExp(`(?<!${addressPart})(?:"[^"\\n]{1,64}"|${addressPart}+?)(?:@|%40)${domain}`, 'gu'),
    by: '[address]',
  },
  {
    find: /(?<![\w-])[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?(?![\w-])/g,
    by: bankAccount,
  },
  { find: /(?<![A-Za-z0-9-])\d(?:[\s.-]?\d){12,40}(?![A-Za-z0-9-])/g, by: cardNumber },
  // Tokens of our own links, sessions and pages: base64url without an end. Ids of Stripe's sessions look alike and are none.
  { find: /(?<![A-Za-z0-9_-])(?!c[sn]_(?:live|test)_)[A-Za-z0-9_-]{40,}(?![A-Za-z0-9_-])/g, by: ownToken },
  // Codes by which guests claim: eight characters of Crockford's base 32, as mailed and as typed.
  { find: /(?<![\w-])[0-9A-HJKMNP-TV-Z]{4}[ -]?[0-9A-HJKMNP-TV-Z]{4}(?![\w-])/g, by: claimCode },
  {
    find: /\b(code["']?(?:\s*[:=]|\s)\s*["']?)[0-9a-hjkmnp-tv-z]{4}[ -]?[0-9a-hjkmnp-tv-z]{4}(?![\w-])/gi,
    by: '$1[code]',
  },
];

/** One look that finds most texts innocent. Whatever a pattern finds has one of these signs, which tests hold. */
const sign =
  /[@?#=]|%40|:\/\/|eyJ|_(?:live|test|secret|pat)_|whsec_|re_|ph[cxs]_|xox|gh[pousr]_|sbp_|AKIA|\d(?:[\s.-]?\d){12}|[A-Z]{2}\d{2}|[0-9A-HJKMNP-TV-Z]{4}[ -]?[0-9A-HJKMNP-TV-Z]{4}/;
const spokenSign = /bearer|authorization|pass|pwd|secret|key|cookie|token|code/i;
/** The shortest of our own tokens is longer than an id. */
const tokenMin = 40;

/** A text without addresses, card and bank numbers, secrets, tokens, claim codes and what signs a URL. Linear in its length. */
export function scrub(text: string): string {
  if (text.length < tokenMin && !sign.test(text) && !spokenSign.test(text)) return text;
  return scrubThoroughly(text);
}

/** The same without the first look; for tests. */
export function scrubThoroughly(text: string): string {
  let clean = text;
  for (const { find, by } of patterns)
    clean = typeof by === 'string' ? clean.replace(find, by) : clean.replace(find, by);
  return clean;
}

/** At most so many characters. It is cut where a word ends, so that no half of an address is left that nobody knows. */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = Math.max(text.lastIndexOf(' ', max), text.lastIndexOf('\n', max));
  return `${text.slice(0, Math.max(end, 0))} […]`;
}

/** A number with blanks may have others beside it: every stretch of its groups is looked at. */
function cardNumber(found: string): string {
  const groups = found.split(/[\s.-]/);
  const isCard = groups.some((_group, from) =>
    groups.some((_last, to) => to >= from && passesLuhn(groups.slice(from, to + 1).join(''))),
  );
  return isCard ? '[card]' : found;
}

/** ISO/IEC 7812: 13 to 19 digits of the card networks, the last of which checks the others. */
function passesLuhn(digits: string): boolean {
  if (!/^[2-6]\d{12,18}$/.test(digits)) return false;
  let sum = 0;
  for (let at = 1; at <= digits.length; at += 1) {
    const digit = Number(digits.at(-at));
    const doubled = at % 2 === 0 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

const ibanMin = 15;

/** A word in capitals may follow it: every beginning is looked at. */
function bankAccount(found: string): string {
  for (let end = found.length; end >= ibanMin; end -= 1)
    if (isIban(found.slice(0, end).replaceAll(' ', ''))) return `[account]${found.slice(end)}`;
  return found;
}

/** ISO 13616: letters as two digits, the first four characters last, and the whole is 1 modulo 97. */
function isIban(account: string): boolean {
  if (account.length < ibanMin) return false;
  let rest = 0;
  for (const letter of account.slice(4) + account.slice(0, 4))
    for (const digit of String(Number.parseInt(letter, 36))) rest = (rest * 10 + Number(digit)) % 97;
  return rest === 1;
}

/** Of links (44 characters), sessions (43) and pages after a checkout (51); others when they are as mixed. */
const ownLengths = new Set([43, 44, 51]);

function ownToken(found: string): string {
  const mixed = /[a-z]/.test(found) && /[A-Z]/.test(found);
  return mixed && (ownLengths.has(found.length) || /\d/.test(found)) ? '[token]' : found;
}

/** Digits alone are a date or a number, letters alone a word. */
function claimCode(found: string): string {
  if (/^[\d -]+$/.test(found) || /^[A-Z]+$/.test(found)) return found;
  return '[code]';
}
