import { CsvError, parse } from 'csv-parse/sync';
import type { Located, LocatedMap, LocatedText, Place } from './located.ts';
import type { Problems } from './problems.ts';

/** Columns that say something of the product: in its first row, and empty or the same in the rows of its other prices. */
const productColumns = ['title', 'language', 'version', 'stripe_product', 'pdf', 'epub', 'policy', 'pages'];
const priceColumns = ['price_id', 'currency', 'amount'];
const textColumn = /^text_[a-z]{2}$/;
const needed = ['id', 'title', 'language', 'version', 'price_id', 'amount'];

const rowsMax = 20_000;

interface Row {
  line: number;
  cells: string[];
}

/**
 * Reads CSV into the shape that YAML has. One row per price: rows with the same `id` are one product. The separator is
 * the one of the header: a comma, a semicolon or a tab.
 */
export function readCsv(text: string, problems: Problems): Located | undefined {
  const rows = rowsOf(text, problems);
  const [header, ...body] = rows ?? [];
  if (!header) {
    if (rows) problems.add(at(1, ''), 'The file is empty.', 'Its first line names the columns: id, title, …');
    return undefined;
  }
  if (body.length >= rowsMax) {
    problems.add(
      at(rowsMax, ''),
      `The file has more than ${rowsMax} rows.`,
      'Split it into several catalogues.',
    );
    return undefined;
  }
  const columns = columnsOf(header, problems);
  if (!columns) return undefined;

  const products = new Map<string, LocatedMap[]>();
  for (const { line, cells } of body) {
    if (cells.slice(columns.length).some((cell) => cell.trim() !== ''))
      problems.add(
        at(line, ''),
        `This row has ${cells.length} cells, and there are ${columns.length} columns.`,
        'Put texts that contain the separator into quotation marks.',
      );
    const row: LocatedMap = { kind: 'map', entries: new Map(), ...at(line, 'id') };
    for (const [column, name] of columns.entries()) {
      const cell = (cells[column] ?? '').trim();
      if (cell !== '')
        row.entries.set(name, { kind: 'text', text: cell, line, column: column + 1, field: name });
    }
    const id = textIn(row, 'id');
    if (!id)
      problems.add(at(line, 'id'), 'This row has no id.', 'Repeat the id of its product in every row.');
    else products.set(id.text, [...(products.get(id.text) ?? []), row]);
  }
  const items = [...products.values()].map((of) => productOf(of, problems));
  return {
    kind: 'map',
    entries: new Map([['products', { kind: 'list', items, ...at(1, 'id') }]]),
    ...at(1, ''),
  };
}

const at = (line: number, field: string): Place => ({ line, column: 1, field });

function rowsOf(text: string, problems: Problems): Row[] | undefined {
  try {
    // A line that tells spreadsheets the separator, and nobody else anything.
    const [hint = ''] = /^\uFEFF?sep=.\r?\n/i.exec(text) ?? [];
    const table = text.slice(hint.length);
    let line = hint === '' ? 1 : 2;
    const lineBefore = line - 1;
    const parsed = parse(table, {
      bom: true,
      delimiter: separatorOf(table),
      info: true,
      relax_column_count: true,
      // One more than there may be, so that it is told.
      to: rowsMax + 1,
    }) as unknown as Array<{ info: { lines: number }; record: string[] }>;
    return parsed
      .map(({ info, record }) => {
        const row = { line, cells: record };
        line = lineBefore + info.lines + 1;
        return row;
      })
      .filter(({ cells }) => cells.some((cell) => cell.trim() !== ''));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    problems.add(
      at(line, ''),
      'This is not valid CSV: a quotation mark is not closed, or stands in the middle of a cell.',
      'Put the whole cell into quotation marks, and double those that belong to its text.',
    );
    return undefined;
  }
}

/** The most frequent in the header, which has no texts that could contain one. */
function separatorOf(text: string): string {
  const header = text.split(/\r?\n/, 1)[0] ?? '';
  const counts = [',', ';', '\t'].map((mark) => ({ mark, count: header.split(mark).length }));
  return counts.toSorted((one, other) => other.count - one.count)[0]?.mark ?? ',';
}

function columnsOf({ line, cells }: Row, problems: Problems): string[] | undefined {
  const names = cells.map((cell) => cell.trim().toLowerCase().replaceAll(/[ -]/g, '_'));
  // Spreadsheets save columns that somebody has once clicked into.
  while (names.at(-1) === '') names.pop();
  const known = ['id', ...productColumns, ...priceColumns];
  const before = problems.count();
  for (const [place, name] of names.entries()) {
    const where = { line, column: place + 1, field: name };
    if (names.indexOf(name) < place)
      problems.add(where, `The column ${name} is there twice.`, 'Remove one of the two.');
    else if (!known.includes(name) && !textColumn.test(name))
      problems.add(
        where,
        name === '' ? 'A column has no name.' : `There is no column ${name}.`,
        `Columns are ${known.join(', ')}, and text_en, text_pl and so on.`,
      );
  }
  for (const name of needed.filter((one) => !names.includes(one)))
    problems.add(at(line, name), `The column ${name} is missing.`, `Add it to the first line.`);
  return problems.count() > before ? undefined : names;
}

const textIn = ({ entries }: LocatedMap, name: string): LocatedText | undefined => {
  const found = entries.get(name);
  return found?.kind === 'text' ? found : undefined;
};

/** All rows of a product in the shape of one product of a YAML file. */
function productOf(rows: LocatedMap[], problems: Problems): LocatedMap {
  const [first] = rows;
  if (!first) throw new Error('A product has a row.');
  const said = new Map<string, Located>();
  for (const row of rows)
    for (const [name, cell] of row.entries) {
      if (cell.kind !== 'text' || priceColumns.includes(name)) continue;
      const earlier = said.get(name);
      if (!earlier) said.set(name, cell);
      else if (earlier.kind === 'text' && earlier.text !== cell.text)
        problems.add(
          cell,
          `${name} is another one than in line ${earlier.line}, for the same product.`,
          'Say it in one row and leave it empty in the others.',
        );
    }
  const map = (entries: Array<[string, Located | undefined]>, field: string): LocatedMap => ({
    kind: 'map',
    entries: new Map(entries.flatMap(([name, value]) => (value ? [[name, value] as const] : []))),
    ...at(first.line, field),
  });
  const prices = rows
    .filter((row) => rows.length === 1 || priceColumns.some((name) => row.entries.has(name)))
    .map((row): LocatedMap => {
      const price = priceColumns.map(
        (name) => [name === 'price_id' ? 'id' : name, row.entries.get(name)] as const,
      );
      return {
        ...map(
          price.map(([name, value]) => [name, value]),
          'price_id',
        ),
        line: row.line,
      };
    });
  const texts = [...said].filter(([name]) => textColumn.test(name));
  const marking: Array<[string, Located | undefined]> = [
    ['policy', said.get('policy')],
    ['pages', said.get('pages')],
    [
      'text',
      texts.length === 0
        ? undefined
        : map(
            texts.map(([name, value]) => [name.slice(5), value]),
            'text',
          ),
    ],
  ];
  const files = map(
    [
      ['pdf', said.get('pdf')],
      ['epub', said.get('epub')],
    ],
    'pdf',
  );
  return map(
    [
      ...['id', 'title', 'language', 'version', 'stripe_product'].map(
        (name): [string, Located | undefined] => [name, said.get(name)],
      ),
      ['prices', { kind: 'list', items: prices, ...at(first.line, 'price_id') }],
      ['files', files],
      ['marking', marking.some(([, value]) => value) ? map(marking, 'policy') : undefined],
    ],
    'id',
  );
}
