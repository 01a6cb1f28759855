import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { goodDomains, mistypedProviders } from './emailProviders.ts';
import { suggestAddress } from './emailTypos.ts';

describe('an address with a slip of the finger in its domain', () => {
  it.each([
    ['gmial.com', 'gmail.com'],
    ['gamil.com', 'gmail.com'],
    ['gmai.com', 'gmail.com'],
    ['gmal.com', 'gmail.com'],
    ['gmil.com', 'gmail.com'],
    ['gmaill.com', 'gmail.com'],
    ['ggmail.com', 'gmail.com'],
    ['gnail.com', 'gmail.com'],
    ['mgail.com', 'gmail.com'],
    ['gmail.con', 'gmail.com'],
    ['gmail.cmo', 'gmail.com'],
    ['gmail.co', 'gmail.com'],
    ['gmail.cm', 'gmail.com'],
    ['gmail.om', 'gmail.com'],
    ['gmail.comm', 'gmail.com'],
    ['gmail.cok', 'gmail.com'],
    ['gmailcom', 'gmail.com'],
    ['gmail,com', 'gmail.com'],
    ['gmail..com', 'gmail.com'],
    ['gmail.com.', 'gmail.com'],
    ['GMIAL.COM', 'gmail.com'],
    ['gmial.con', 'gmail.com'],
    ['hotmial.com', 'hotmail.com'],
    ['hotmai.com', 'hotmail.com'],
    ['hotmail.con', 'hotmail.com'],
    ['hotmailcom', 'hotmail.com'],
    ['homail.com', 'hotmail.com'],
    ['outlok.com', 'outlook.com'],
    ['outloook.com', 'outlook.com'],
    ['yaho.com', 'yahoo.com'],
    ['yhaoo.com', 'yahoo.com'],
    ['iclod.com', 'icloud.com'],
    ['protonmial.com', 'protonmail.com'],
    ['wp.lp', 'wp.pl'],
    ['wp.p', 'wp.pl'],
    ['wppl', 'wp.pl'],
    ['wp,pl', 'wp.pl'],
    ['wp.pll', 'wp.pl'],
    ['o2.lp', 'o2.pl'],
    ['o2pl', 'o2.pl'],
    ['onte.pl', 'onet.pl'],
    ['onet.lp', 'onet.pl'],
    ['onetpl', 'onet.pl'],
    ['interai.pl', 'interia.pl'],
    ['intera.pl', 'interia.pl'],
    ['interia.lp', 'interia.pl'],
    ['gazta.pl', 'gazeta.pl'],
    ['firma.con', 'firma.com'],
    ['sklep.firma.lp', 'sklep.firma.pl'],
    ['example.nett', 'example.net'],
  ])('%s was meant as %s', (typed, meant) => {
    expect(suggestAddress(`jan.kowalski+books@${typed}`)).toBe(`jan.kowalski+books@${meant}`);
  });

  it('keeps what stands before the @ letter by letter', () => {
    expect(suggestAddress(" Jan.O'Neil@gmial.com ")).toBe("Jan.O'Neil@gmail.com");
  });
});

describe('an address in which nothing is obvious', () => {
  it.each([
    // Domains of their own, though near to a large one.
    ...['mail.com', 'ymail.com', 'email.com', 'hmail.com', 'gmail.pl', 'gmx.com', 'me.com', 'op.pl', 'vp.pl'],
    ...[
      'wp.com',
      'wp.pt',
      'wp.pk',
      'o2.cz',
      'o3.pl',
      'ok.pl',
      'net.pl',
      'one.pl',
      'inet.pl',
      'onet.eu',
      'onet.sk',
    ],
    ...[
      'live.pl',
      'liver.com',
      'olive.com',
      'interia.pt',
      'inter.pl',
      'proton.de',
      'yahoo.pl',
      'a2.pl',
      'aol.de',
    ],
    ...[
      'example.com',
      'firma.pl',
      'books.example',
      'firma.co',
      'firma.cm',
      'firma.om',
      'xn--w-uga.pl',
      'localhost',
    ],
  ])('at %s', (domain) => {
    expect(suggestAddress(`jan@${domain}`)).toBeUndefined();
  });

  it.each([
    '',
    '@',
    'jan',
    '@gmial.com',
    'jan@',
    'jan kowalski@gmial.com',
    'jan@ gmial.com',
    'jan\u200b@gmial.com',
  ])('because %j is no address with another domain either', (text) => {
    expect(suggestAddress(text)).toBeUndefined();
  });

  it('never at a good domain, in whatever letters', () => {
    for (const domain of goodDomains) {
      expect(suggestAddress(`jan@${domain}`)).toBeUndefined();
      expect(suggestAddress(`jan@${domain.toUpperCase()}`)).toBeUndefined();
    }
  });
});

describe('any text at all', () => {
  it('gives nothing, or an address that nothing is suggested for in its turn', () => {
    const nearProvider = fc
      .tuple(fc.constantFrom(...mistypedProviders), fc.nat(20), fc.string({ maxLength: 2 }), fc.nat(2))
      .map(
        ([provider, at, added, removed]) => `${provider.slice(0, at)}${added}${provider.slice(at + removed)}`,
      );
    fc.assert(
      fc.property(fc.oneof(nearProvider, fc.string(), fc.domain()), (domain) => {
        const suggested = suggestAddress(`jan@${domain}`);
        return suggested === undefined || suggestAddress(suggested) === undefined;
      }),
      { numRuns: 2_000 },
    );
  });
});
