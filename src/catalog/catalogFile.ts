import { createHash } from 'node:crypto';
import path from 'node:path';
import { defaultMarking, type Marking } from '../domain/copyMark.ts';
import { type Format, formats } from '../domain/effectKey.ts';
import type { CatalogPrice } from '../ports/catalogImport.ts';
import { readAmount } from './amount.ts';
import { fieldsOf, rules } from './fields.ts';
import type { Located, LocatedMap, Place } from './located.ts';
import { readMarking } from './markingFields.ts';
import { createProblems, type Problems } from './problems.ts';
import { readCsv } from './readCsv.ts';
import { readYaml } from './readYaml.ts';

/** A product as a catalogue file lists it. */
export interface ListedProduct {
  productId: string;
  title: string;
  language: string;
  version: string;
  stripeProductId: string | null;
  prices: Array<CatalogPrice & { place: Place }>;
  files: Array<{ format: Format; path: string; place: Place }>;
  marking: Marking;
  place: Place;
}

export interface ReadCatalogFile {
  /** Hash of its bytes, for the audit. */
  sha256: string;
  products: ListedProduct[];
  /** Everything that is wrong with it; with one, nothing of it is imported. What is found later is added. */
  problems: Problems;
}

/** A catalogue has texts only. */
export const catalogBytesMax = 2_000_000;

/**
 * Reads a catalogue file, YAML or CSV by the end of its name, and tells everything that is wrong with it at once. Looks
 * at no other file.
 *
 * @param name as it was named by whoever imports it
 */
export function readCatalogFile(name: string, bytes: Uint8Array): ReadCatalogFile {
  const problems = createProblems(name);
  const located = locate(name, bytes, problems);
  const products = located ? readProducts(located, problems) : [];
  refuseRepetitions(products, problems);
  return {
    sha256: createHash('sha256').update(bytes).digest('hex'),
    products,
    problems,
  };
}

const top: Place = { line: 1, column: 1, field: '' };

function locate(name: string, bytes: Uint8Array, problems: Problems): Located | undefined {
  const form = path.extname(name).toLowerCase();
  if (!['.yaml', '.yml', '.csv'].includes(form)) {
    problems.add(top, 'It is not known what this file is.', 'Name it ….yaml or ….csv.');
    return undefined;
  }
  if (bytes.byteLength > catalogBytesMax) {
    problems.add(
      top,
      `The file is larger than ${catalogBytesMax / 1e6} MB.`,
      'Split it into several catalogues.',
    );
    return undefined;
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    problems.add(top, 'The file is not UTF-8.', 'Save it as UTF-8; spreadsheets call it “CSV UTF-8”.');
    return undefined;
  }
  return form === '.csv' ? readCsv(text, problems) : readYaml(text, problems);
}

function readProducts(located: Located, problems: Problems): ListedProduct[] {
  if (located.kind !== 'map') {
    problems.add(located, 'The file has no products.', 'Begin it with products: and a list below it.');
    return [];
  }
  const fields = fieldsOf(located, ['products', 'marking'], problems);
  const marking = readMarking(markingFieldsOf(located, problems), defaultMarking, problems);
  const items = fields.list('products')?.items ?? [];
  return items.flatMap((item) => {
    if (item.kind === 'map') return readProduct(item, marking, problems) ?? [];
    problems.add(
      item,
      'A product has no fields.',
      'Write id, title, language, version, prices and files below it.',
    );
    return [];
  });
}

function readProduct(map: LocatedMap, base: Marking, problems: Problems): ListedProduct | undefined {
  const known = ['id', 'title', 'language', 'version', 'stripe_product', 'prices', 'files', 'marking'];
  const fields = fieldsOf(map, known, problems);
  const id = fields.text('id', rules.slug);
  const title = fields.text('title', rules.title);
  const language = fields.text('language', rules.language);
  const version = fields.text('version', rules.version);
  const stripeProduct = fields.text('stripe_product', rules.stripeProduct, { optional: true });
  const prices = (fields.list('prices')?.items ?? []).flatMap((item) => readPrice(item, problems) ?? []);
  const files = readFiles(fields.map('files'), problems);
  const marking = readMarking(markingFieldsOf(map, problems), base, problems);
  if (!id || !title || !language || !version) return undefined;
  return {
    productId: id.text,
    title: title.text.trim(),
    language: language.text,
    version: version.text,
    stripeProductId: stripeProduct?.text ?? null,
    prices,
    files,
    marking,
    place: id,
  };
}

function markingFieldsOf(map: LocatedMap, problems: Problems): LocatedMap | undefined {
  const marking = map.entries.get('marking');
  if (marking?.kind === 'map') fieldsOf(marking, ['policy', 'pages', 'text'], problems);
  else if (marking && (marking.kind !== 'text' || marking.text !== ''))
    problems.add(marking, 'marking has no fields.', 'Write policy, pages or text below it.');
  return marking?.kind === 'map' ? marking : undefined;
}

function readPrice(item: Located, problems: Problems): ListedProduct['prices'][number] | undefined {
  if (item.kind !== 'map') {
    problems.add(item, 'A price has no fields.', 'Write id, currency and amount below it.');
    return undefined;
  }
  const fields = fieldsOf(item, ['id', 'currency', 'amount'], problems);
  const id = fields.text('id', rules.stripePrice);
  const given = fields.text('currency', rules.currency, { optional: true });
  const amount = fields.text('amount', { pattern: /./, what: '4900, or 49.00 PLN' });
  const read = amount && readAmount(amount.text.trim());
  if (amount && read && !read.ok) problems.add(amount, read.message, read.remedy);
  if (!id || !amount || !read?.ok) return undefined;
  const currency = given?.text.toLowerCase() ?? read.currency;
  if (currency === null) {
    problems.add(
      given ?? amount,
      'The price has no currency.',
      'Add currency: pln, or write the amount as 49.00 PLN.',
    );
    return undefined;
  }
  if (read.currency !== null && read.currency !== currency) {
    problems.add(
      amount,
      `The amount is in ${read.currency.toUpperCase()} and the currency is ${currency.toUpperCase()}.`,
      'Leave the currency out, or correct one of the two.',
    );
    return undefined;
  }
  return { priceId: id.text, currency, unitAmount: read.unitAmount, place: id };
}

function readFiles(map: LocatedMap | undefined, problems: Problems): ListedProduct['files'] {
  if (!map) return [];
  const fields = fieldsOf(map, formats, problems);
  const files = formats.flatMap((format) => {
    const file = fields.text(format, { pattern: /./, what: 'the path of a file' }, { optional: true });
    return file ? [{ format, path: file.text.trim(), place: file }] : [];
  });
  if (files.length === 0)
    problems.add(map, 'The product has no file.', 'Add pdf: or epub: with the path of its file, or both.');
  return files;
}

/** What two products cannot share: somebody would get the wrong book. */
function refuseRepetitions(products: ListedProduct[], problems: Problems): void {
  const once = (what: string, remedy: string) => {
    const seen = new Map<string, Place>();
    return (key: string, place: Place) => {
      const earlier = seen.get(key);
      if (earlier) problems.add(place, `${what} is in line ${earlier.line} already: ${key}`, remedy);
      else seen.set(key, place);
    };
  };
  const product = once('This product', 'A file lists each product once, with one version.');
  const price = once('This price', 'A price sells one product: remove one of the two.');
  const stripe = once("This product of Stripe's", 'It belongs to one product: correct one of the two.');
  const file = once('This file', 'Give each product and format a file of its own.');
  for (const listed of products) {
    product(listed.productId, listed.place);
    if (listed.stripeProductId) stripe(listed.stripeProductId, listed.place);
    for (const one of listed.prices) price(one.priceId, one.place);
    for (const one of listed.files) file(path.normalize(one.path), one.place);
  }
}
