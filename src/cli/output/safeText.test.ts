import { describe, expect, it } from 'vitest';
import { safeDocument, safeJson, safeText } from './safeText.ts';

describe('text from elsewhere', () => {
  it.each([
    ['\u001b[2J\u001b[31mred', '\\x1b[2J\\x1b[31mred'],
    ['\u009b31m', '\\x9b31m'],
    ['\u001b]8;;http://evil.example\u0007click', '\\x1b]8;;http://evil.example\\x07click'],
    ['two\nlines\rover\tthere', 'two\\nlines\\rover\\tthere'],
    ['gpj.\u202Eexe', 'gpj.\\u{202e}exe'],
    ['zero\u200Bwidth', 'zero\\u{200b}width'],
    ['\u007f', '\\x7f'],
    ['\ud800', '\\u{d800}'],
  ])('is shown and not obeyed: %j', (hostile, shown) => {
    expect(safeText(hostile)).toBe(shown);
  });

  it.each(['Zażółć gęślą jaźń', '图书', '👨‍👩‍👧', 'a\\x1b', 'می‌خواهم'])('stays as it is: %s', (text) => {
    expect(safeText(text)).toBe(text);
  });

  it('is made safe wherever it stands in a value', () => {
    expect(safeJson({ 'k\u001b': ['\u0007', { deep: '\n' }, 1, null, true] })).toEqual({
      'k\\x1b': ['\\x07', { deep: '\\n' }, 1, null, true],
    });
  });
});

describe('a JSON document', () => {
  it('means the same and holds nothing a terminal obeys', () => {
    const value = { text: '\u001b[31m\u009b\u202E\u2028\u007f\u{e0001}', ok: 'ż' };
    const document = safeDocument(value);
    expect(JSON.parse(document)).toEqual(value);
    for (const obeyed of ['\u001b', '\u007f', '\u009b', '\u2028', '\u202E', '\u{e0001}'])
      expect(document).not.toContain(obeyed);
    expect(document).toContain('"ok": "ż"');
  });
});
