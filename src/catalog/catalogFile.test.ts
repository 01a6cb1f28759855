import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readCatalogFile } from './catalogFile.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string, name = 'books.yaml') => {
  const { products, problems } = readCatalogFile(name, bytes(text));
  return { products, problems: problems.list() };
};
const problemsOf = (text: string, name?: string) => {
  const { problems } = read(text, name);
  for (const { remedy } of problems) expect(remedy).not.toBe('');
  return problems.map(({ line, field, message }) => `${line} ${field}: ${message}`);
};

const sound = `
marking:
  policy: generic mark
  text:
    en: "For {name} · {order} · {shop}"
products:
  - id: calm-checkout
    title: "The Calm Checkout: second edition"
    language: no
    version: 1.10
    stripe_product: prod_1
    prices:
      - { id: price_1, currency: PLN, amount: 4900 }
      - { id: price_2, amount: 12.34 EUR }
      - { id: price_3, amount: 1500 JPY }
    files:
      pdf: books/calm.pdf
      epub: books/calm.epub
    marking:
      pages: every 3
      text: { pl: "Dla {name}: {order}" }
`;

const product = (
  more = '',
  { price = '{ id: price_1, currency: pln, amount: 4900 }', head = '' } = {},
) => `${head}
products:
  - id: calm-checkout
    title: Calm
    language: en
    version: 1.0.0
    prices:
      - ${price}
    files: { pdf: a.pdf }
${more.replaceAll(/^/gm, '    ')}
`;

describe('a catalogue in YAML', () => {
  it('is read with every value as it stands there', () => {
    expect(read(sound)).toMatchObject({
      problems: [],
      products: [
        {
          productId: 'calm-checkout',
          title: 'The Calm Checkout: second edition',
          language: 'no',
          version: '1.10',
          stripeProductId: 'prod_1',
          prices: [
            { priceId: 'price_1', currency: 'pln', unitAmount: 4900 },
            { priceId: 'price_2', currency: 'eur', unitAmount: 1234 },
            { priceId: 'price_3', currency: 'jpy', unitAmount: 1500 },
          ],
          files: [
            { format: 'pdf', path: 'books/calm.pdf', place: { line: 17, column: 12 } },
            { format: 'epub', path: 'books/calm.epub' },
          ],
          marking: {
            policy: 'generic',
            pages: { every: 3 },
            text: { en: 'For {name} · {order} · {shop}', pl: 'Dla {name}: {order}' },
          },
        },
      ],
    });
  });

  it('tells everything that is wrong at once, by its place', () => {
    const wrong = `
products:
  - id: Calm Checkout
    titel: Calm
    language: english
    version: 1.0.0
    prices:
      - { id: prod_1, currency: pln, amount: 49.00 }
    files: {}
  - id: second
`;
    expect(problemsOf(wrong)).toEqual([
      '3 products[1].title: title is missing.',
      '3 products[1].id: id is not valid.',
      '4 products[1].titel: There is no field titel here.',
      '5 products[1].language: language is not valid.',
      '8 products[1].prices[1].id: id is not valid.',
      expect.stringMatching(/^8 products\[1\].prices\[1\].amount: “49.00” is no amount/),
      '9 products[1].files: The product has no file.',
      '10 products[2].title: title is missing.',
      '10 products[2].language: language is missing.',
      '10 products[2].version: version is missing.',
      '10 products[2].prices: prices is missing.',
      '10 products[2].files: files is missing.',
    ]);
  });

  it.each([
    ['a price in two ways to be read', '49 PLN', /not clear: PLN has 2 decimals/],
    ['a decimal without currency', '49.00', /is no amount/],
    ['a comma', '"49,00 PLN"', /is no amount/],
    ['too few decimals', '49.5 EUR', /not clear/],
    ['decimals where there are none', '49.00 JPY', /JPY has no decimals/],
    ['a negative one', '-4900', /is no amount/],
    ['an exponent', '49e2', /is no amount/],
    ['hexadecimal', '0x31', /is no amount/],
  ])('refuses %s', (_what, amount, told) => {
    const [problem, ...more] = problemsOf(product('', { price: `{ id: price_1, amount: ${amount} }` }));
    expect(problem).toMatch(told);
    expect(more).toEqual([]);
  });

  it('refuses an amount whose currency is another one than is said, or is not said', () => {
    expect(problemsOf(product('', { price: '{ id: price_1, currency: eur, amount: 49.00 PLN }' }))).toEqual([
      '8 products[1].prices[1].amount: The amount is in PLN and the currency is EUR.',
    ]);
    expect(problemsOf(product('', { price: '{ id: price_1, amount: 4900 }' }))).toEqual([
      '8 products[1].prices[1].amount: The price has no currency.',
    ]);
  });

  it.each([
    ['{name} {ordr} {order}', /There is no placeholder \{ordr\}/],
    ['Licensed to {name}', /does not say \{order\}/],
    ['{order} {', /A brace stands alone/],
    [`${'x'.repeat(200)} {order}`, /more than 200 characters/],
    ['{order}\\nsecond line', /line break/],
  ])('refuses the text of a mark %j', (text, told) => {
    const [problem, ...more] = problemsOf(product(`marking:\n  text:\n    en: "${text}"`));
    expect(problem).toMatch(told);
    expect(problem).toMatch(/^\d+ products\[1\]\.marking\.text\.en: /);
    expect(more).toEqual([]);
  });

  it('takes what programs write for nothing as nothing', () => {
    for (const nothing of ['null', '~', ''])
      expect(problemsOf(product('').replace(/title: .*/, `title: ${nothing}`))).toEqual([
        expect.stringMatching(/title: title is missing/),
      ]);
  });

  it('refuses a policy and pages that there are not', () => {
    expect(problemsOf(product('marking: { policy: constructor }'))).toEqual([
      '10 products[1].marking.policy: There is no such policy of marking.',
    ]);
    expect(problemsOf(product('marking: { policy: blok, pages: every 0 }'))).toEqual([
      '10 products[1].marking.policy: There is no such policy of marking.',
      '10 products[1].marking.pages: These are no pages.',
    ]);
  });

  it('refuses what is listed twice, naming the line of the first', () => {
    const twice = `
products:
  - &one { id: calm, title: Calm, language: en, version: 1.0.0, stripe_product: prod_1, prices: [{ id: price_1, amount: 1.00 EUR }], files: { pdf: a.pdf } }
  - { id: other, title: Calm, language: en, version: 1.0.0, stripe_product: prod_1, prices: [{ id: price_1, amount: 1.00 EUR }], files: { pdf: ./a.pdf } }
  - *one
`;
    const problems = problemsOf(twice);
    expect(problems.filter((problem) => problem.startsWith('4 '))).toEqual([
      expect.stringMatching(/product of Stripe's is in line 3 already: prod_1/),
      expect.stringMatching(/price is in line 3 already: price_1/),
      expect.stringMatching(/file is in line 3 already: a\.pdf/),
    ]);
    expect(problems.some((problem) => /This product is in line 3 already: calm/.test(problem))).toBe(true);
  });

  it('unfolds no alias that multiplies itself', () => {
    const bomb = [
      'products:',
      '  - &a [x, x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 9 }, (_, at) => {
        const name = String.fromCodePoint(97 + at);
        return `  - &${String.fromCodePoint(98 + at)} [${`*${name}, `.repeat(9)}*${name}]`;
      }),
    ].join('\n');
    const startedMs = performance.now();
    expect(problemsOf(bomb)).toEqual([expect.stringMatching(/unfolds into far more/)]);
    expect(problemsOf('products: &a [*a]')).toEqual([
      expect.stringMatching(/unfolds into far more|not valid YAML/),
    ]);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it.each([
    ['a key twice', 'products: []\nproducts: []', /^2 products: products is there twice/],
    ['a tag', 'products: !!js/function "x"', /^1 : This is not valid YAML/],
    ['a tab', 'products:\n\t- id: x', /^2 : This is not valid YAML/],
    ['a second document', 'products: []\n---\nproducts: []', /not valid YAML/],
    ['a list at the top', '- id: x', /has no products/],
    ['nothing', '', /has no products|products is missing/],
  ])('refuses %s', (_what, text, told) => {
    expect(problemsOf(text)[0]).toMatch(told);
  });

  it('is refused when it is not UTF-8, too large, or of no known kind', () => {
    const problem = (name: string, content: Uint8Array) =>
      readCatalogFile(name, content).problems.list()[0]?.message;
    expect(problem('books.yaml', new Uint8Array([0xff, 0xfe, 0x41]))).toMatch(/not UTF-8/);
    expect(problem('books.yaml', new Uint8Array(2_000_001))).toMatch(/larger than 2 MB/);
    expect(problem('books.xlsx', bytes('x'))).toMatch(/not known what this file is/);
  });
});

const csv = `id;title;language;version;stripe_product;price_id;currency;amount;pdf;epub;policy;pages;text_pl
calm-checkout;"The ""Calm""; Checkout";en;1.0;prod_1;price_1;pln;4900;a.pdf;a.epub;plain with finding;first;{order}
calm-checkout;;;;;price_2;;12.34 EUR;;;;;
paragon;Paragon;pl;2.0.0;;price_3;pln;2900;b.pdf;;;;
`;

describe('a catalogue in CSV', () => {
  it.each([
    ['semicolons', csv],
    ['a byte order mark and CRLF', `\uFEFF${csv.replaceAll('\n', '\r\n')}`],
    [
      'tabs',
      csv.replaceAll('; Checkout', ' Checkout').replaceAll(';', '\t').replace('"" Checkout', '""; Checkout'),
    ],
  ])('is read with %s, one row per price', (_what, text) => {
    const { products, problems } = read(text, 'books.csv');
    expect(problems).toEqual([]);
    expect(products).toMatchObject([
      {
        productId: 'calm-checkout',
        title: 'The "Calm"; Checkout',
        version: '1.0',
        stripeProductId: 'prod_1',
        prices: [
          { priceId: 'price_1', currency: 'pln', unitAmount: 4900, place: { line: 2 } },
          { priceId: 'price_2', currency: 'eur', unitAmount: 1234, place: { line: 3 } },
        ],
        files: [{ path: 'a.pdf' }, { path: 'a.epub' }],
        marking: { policy: 'plain', pages: 'first', text: { pl: '{order}' } },
      },
      { productId: 'paragon', files: [{ format: 'pdf', path: 'b.pdf' }], marking: { policy: 'block' } },
    ]);
  });

  it('tells by line and column what is wrong', () => {
    const wrong = `id,title,language,version,price_id,currency,amount,pdf
calm,Calm,en,1.0.0,price_1,pln,49 PLN,a.pdf
calm,Other,,,price_2,pln,100,
,Nobody,en,1.0.0,price_3,pln,100,b.pdf
"two
lines",T,en,1.0.0,price_4,pln,100,c.pdf
far,T,en,1.0.0,price_4,pln,100,d.pdf,more
`;
    expect(problemsOf(wrong, 'books.csv')).toEqual([
      expect.stringMatching(/^2 amount: “49 PLN” is not clear/),
      expect.stringMatching(/^3 title: title is another one than in line 2/),
      '4 id: This row has no id.',
      '5 id: id is not valid.',
      '7 : This row has 9 cells, and there are 8 columns.',
    ]);
  });

  it('is read as spreadsheets save it: with a line about the separator, and columns that are empty', () => {
    const saved = `sep=;\n${csv.replaceAll('\n', ';;\n')}`;
    const { products, problems } = read(saved, 'books.csv');
    expect(problems).toEqual([]);
    expect(products).toHaveLength(2);
    expect(problemsOf(saved.replace('pln;4900', 'pln;x'), 'books.csv')).toEqual([
      expect.stringMatching(/^3 amount: “x” is no amount/),
    ]);
  });

  it.each([
    [
      'a column that there is not',
      'id,title,language,version,price_id,amount,sku\n',
      /^1 sku: There is no column sku/,
    ],
    [
      'a column twice',
      'id,id,title,language,version,price_id,amount\n',
      /^1 id: The column id is there twice/,
    ],
    [
      'a column that is missing',
      'id,title,language,price_id,amount\n',
      /^1 version: The column version is missing/,
    ],
    ['no line at all', '', /empty/],
    [
      'a currency that there is not',
      'id,title,language,version,price_id,amount,pdf\na-b,x,en,1,price_1,49.00 PNL,a.pdf',
      /^2 amount: There is no currency PNL/,
    ],
    [
      'a language that there is not',
      'id,title,language,version,price_id,amount,pdf\na-b,x,zz,1,price_1,49.00 PLN,a.pdf',
      /^2 language: language is not valid/,
    ],
    [
      'more rows than are read',
      `id,title,language,version,price_id,amount\n${'a,,,,,\n'.repeat(20_000)}`,
      /^20000 : The file has more than 20000 rows/,
    ],
    ['an open quotation mark', 'id,title\n"calm,x\n', /^\d+ : This is not valid CSV/],
  ])('refuses %s', (_what, text, told) => {
    expect(problemsOf(text, 'books.csv')[0]).toMatch(told);
  });
});

describe('the examples in the docs', () => {
  const page = readFileSync(new URL('../../docs/catalog.md', import.meta.url), 'utf8');
  it.each(['yaml', 'csv'])('in %s are sound', (form) => {
    const [, text = ''] = new RegExp(`\`\`\`${form}\\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
    const { products, problems } = read(text, `books.${form}`);
    expect(problems).toEqual([]);
    expect(products).toMatchObject([
      { productId: 'calm-checkout', prices: [{ unitAmount: 4900 }, { unitAmount: 1190, currency: 'eur' }] },
      { productId: 'paragon-bez-tajemnic', marking: { policy: 'generic', pages: { every: 5 } } },
    ]);
  });
});
