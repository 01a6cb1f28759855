import { parseEmailAddress } from './emailAddress.ts';
import { goodDomains, mistypedEndings, mistypedProviders } from './emailProviders.ts';

/**
 * What somebody obviously meant who has mistyped the domain of their address: `jan@gmial.com` → `jan@gmail.com`. Only
 * what differs from a large provider by one slip of a finger, or ends in what no domain ends in. The part before the @
 * is left as it is, for nobody can know it.
 *
 * @returns undefined when nothing is obvious: always at a domain that is known to be good
 */
export function suggestAddress(typed: string): string | undefined {
  if (typed.length > 512) return undefined;
  const text = typed.trim();
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1).toLowerCase();
  if (at < 1 || domain === '' || goodDomains.has(domain)) return undefined;
  const meant = meantDomain(domain);
  if (meant === undefined || meant === domain) return undefined;
  return parseEmailAddress(`${text.slice(0, at)}@${meant}`)?.original;
}

function meantDomain(domain: string): string | undefined {
  // A comma for a dot, two dots for one, one at the end: no domain has these, so mending them guesses nothing.
  const written = withMendedEnding(
    domain
      .replace(/,/g, '.')
      .replace(/\.{2,}/g, '.')
      .replace(/^\.|\.$/g, ''),
  );
  if (goodDomains.has(written)) return written;
  return mistypedProviders.find((provider) => isSlipOf(written, provider)) ?? written;
}

function withMendedEnding(domain: string): string {
  const dot = domain.lastIndexOf('.');
  const ending = mistypedEndings.get(domain.slice(dot + 1));
  return dot < 1 || ending === undefined ? domain : `${domain.slice(0, dot)}.${ending}`;
}

const longNameMin = 5;
const shortNameMax = 3;

/** The shorter a name, the more of what is near to it belongs to somebody. */
function isSlipOf(typed: string, provider: string): boolean {
  const slip = slipBetween(typed, provider);
  if (slip === undefined) return false;
  const name = provider.slice(0, provider.indexOf('.'));
  // A letter in the place of another makes a new name or the domain of another country; so does a first letter.
  const isInEnding = slip.at >= name.length + (slip.kind === 'added' ? 1 : 0);
  if (isInEnding) return slip.kind !== 'other' || !/\.[a-z]{2}$/.test(provider);
  if (slip.kind === 'swapped') return name.length > shortNameMax;
  return slip.at > 0 && name.length >= longNameMin;
}

interface Slip {
  kind: 'swapped' | 'missing' | 'added' | 'other';
  /** Where in what was meant. */
  at: number;
}

/** The one slip that makes `typed` of `meant`, as early as it can be; undefined when it takes none, or more. */
function slipBetween(typed: string, meant: string): Slip | undefined {
  let at = 0;
  while (at < meant.length && typed[at] === meant[at]) at += 1;
  if (at === meant.length && typed.length === meant.length) return undefined;
  const rest = (text: string, from: number) => text.slice(from);
  if (rest(typed, at) === rest(meant, at + 1)) return { kind: 'missing', at };
  if (rest(typed, at + 1) === rest(meant, at)) return { kind: 'added', at };
  if (rest(typed, at + 1) === rest(meant, at + 1)) return { kind: 'other', at };
  const swapped = `${meant[at + 1] ?? ''}${meant[at] ?? ''}${rest(meant, at + 2)}`;
  return rest(typed, at) === swapped ? { kind: 'swapped', at } : undefined;
}
