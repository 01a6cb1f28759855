/** What a spreadsheet may take for a formula, also after blanks, in its full-width forms, or behind a line break. */
const formula = /^[\t\r\n]|^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/u;
const quoted = /[",\r\n]|^\s|\s$/u;

/** A cell as RFC 4180 writes it. What could be a formula begins with an apostrophe, which makes it a text. */
export function csvCell(text: string): string {
  const harmless = formula.test(text) ? `'${text}` : text;
  return quoted.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A record with its end of line. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`;
