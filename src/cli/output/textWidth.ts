const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** Two columns wide in terminals: East Asian wide and full-width forms, and what is shown as an emoji. */
const wide =
  /^(?:[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uA960-\uA97C\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]|\p{Emoji_Presentation}|\p{Emoji}\uFE0F)/u;
const ascii = /^[ -~]*$/;

/** Columns a text takes on a terminal. */
export function textWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let columns = 0;
  for (const { segment } of graphemes.segment(text)) columns += wide.test(segment) ? 2 : 1;
  return columns;
}

/** A text of at most so many columns, with an ellipsis where it was cut. */
export function cutToWidth(text: string, columnsMax: number): string {
  if (textWidth(text) <= columnsMax) return text;
  if (columnsMax < 1) return '';
  let [kept, columns] = ['', 0];
  for (const { segment } of graphemes.segment(text)) {
    const width = wide.test(segment) ? 2 : 1;
    if (columns + width > columnsMax - 1) break;
    kept += segment;
    columns += width;
  }
  return `${kept}…`;
}

/** Filled with blanks up to so many columns. */
export function padToWidth(text: string, columns: number, side: 'left' | 'right' = 'right'): string {
  const blanks = ' '.repeat(Math.max(0, columns - textWidth(text)));
  return side === 'left' ? blanks + text : text + blanks;
}

/** Words on lines of at most so many columns. A longer word stands on a line of its own. */
export function wrapToWidth(text: string, columnsMax: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer) > columnsMax) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** The same, with what does not fit on the first line set in below it. */
export function hanging(text: string, columnsMax: number, indent = '    '): string[] {
  if (textWidth(text) <= columnsMax) return [text];
  const [first = '', ...rest] = wrapToWidth(text, columnsMax - indent.length);
  return [first, ...rest.map((line) => indent + line)];
}
