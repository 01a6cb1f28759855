import { decimalText } from '../../../domain/money.ts';
import type { CatalogProblem } from '../../../ports/catalogImport.ts';
import type { FileOutcome, ProductOutcome, StoreFinding } from '../../../ports/catalogOutcome.ts';
import { safeText } from '../../output/safeText.ts';
import { tableLines } from '../../output/table.ts';
import { hanging, wrapToWidth } from '../../output/textWidth.ts';
import type { Page } from '../adminRun.ts';

export const countText = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

export const formatsText = (files: ReadonlyArray<{ format: string; reach: string }>): string =>
  files
    .map(({ format, reach }) => (reach === 'full' ? format : `${format} (${reachWords[reach] ?? reach})`))
    .join(', ');

export const pricesText = (prices: ReadonlyArray<{ currency: string; unitAmount: number }>): string =>
  prices
    .map(
      ({ currency, unitAmount }) =>
        `${decimalText({ amountMinor: unitAmount, currency })} ${currency.toUpperCase()}`,
    )
    .join(', ');

const reachWords: Readonly<Record<string, string>> = {
  full: 'line and hidden marks',
  hidden: 'hidden marks only',
  none: 'not marked',
};

const fileStates: Readonly<Record<FileOutcome['state'], string>> = {
  new: 'new',
  known: 'known',
  prepared_anew: 'marked anew',
  put_back: 'put back',
};

const versionText = ({ version, versionBefore }: ProductOutcome) =>
  versionBefore === null || versionBefore === version ? version : `${versionBefore} → ${version}`;

/** What becomes of each file, and what is worth knowing of it. */
export function productLines(products: readonly ProductOutcome[], page: Page): string[] {
  const rows = products.flatMap((product) =>
    product.files.map((file, place) => [
      place === 0 ? safeText(product.productId) : '',
      place === 0 ? safeText(versionText(product)) : '',
      file.format,
      sizeText(file.sizeBytes),
      file.pageCount === null ? '?' : String(file.pageCount),
      `${reachWords[file.reach] ?? file.reach}${file.way === 'rewrite' ? ', written anew per buyer' : ''}`,
      fileStates[file.state],
    ]),
  );
  if (rows.length === 0) return [];
  return [
    ...tableLines(
      {
        columns: [
          { title: 'PRODUCT', cutFirst: 1 },
          { title: 'VERSION' },
          { title: 'FILE' },
          { title: 'SIZE', align: 'right' },
          { title: 'PAGES', align: 'right' },
          { title: 'COPIES', cutFirst: 2 },
          { title: 'STATE' },
        ],
        rows,
      },
      { widthMax: page.columns, heading: page.paint.dim },
    ),
    ...products.flatMap((product) => remarksOf(product)).flatMap((line) => hanging(line, page.columns, '  ')),
    '',
  ];
}

function remarksOf({ productId, files, notes, prices }: ProductOutcome): string[] {
  return [
    ...files.flatMap(({ format, findings }) =>
      findings.map(({ message }) => `- ${productId} ${format}: ${message}`),
    ),
    ...(prices.changed.length > 0 ? [`- ${productId}: prices changed: ${prices.changed.join(', ')}`] : []),
    ...notes.map((note) => `- ${productId}: ${note}`),
  ].map(safeText);
}

/** `catalogue.yaml:12:7 products[2].version`, then what is wrong there and what to do. */
export function problemLines(problems: readonly CatalogProblem[], { columns, paint }: Page): string[] {
  return problems.flatMap(({ file, line, column, field, message, remedy }) => {
    const place = [file, line, column].filter((part) => part !== null).join(':');
    return [
      paint.red(safeText(field ? `${place} ${field}` : place)),
      ...indented(message, columns),
      ...indented(remedy, columns),
    ];
  });
}

export function storeFindingLines(findings: readonly StoreFinding[], { columns, paint }: Page): string[] {
  return findings.flatMap(({ productId, version, format, state, message, remedy }) => {
    const head = `${productId} ${version} ${format}: ${state}`;
    return [
      (state === 'outdated' ? paint.yellow : paint.red)(safeText(head)),
      ...indented(message, columns),
      ...indented(remedy, columns),
    ];
  });
}

const indented = (text: string, columns: number) =>
  wrapToWidth(safeText(text), columns - 2).map((line) => `  ${line}`);
