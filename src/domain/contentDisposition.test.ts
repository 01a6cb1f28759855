import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attachment } from './contentDisposition.ts';

/** As a browser reads it: the extended name wins. */
function nameIn(header: string): string {
  const extended = /filename\*=UTF-8''([^;]+)$/.exec(header)?.[1];
  return extended === undefined
    ? (/filename="([^"]*)"/.exec(header)?.[1] ?? '')
    : decodeURIComponent(extended);
}

describe('Content-Disposition', () => {
  it('keeps a plain name plain', () => {
    expect(attachment('The Quiet Harbour.pdf')).toBe('attachment; filename="The Quiet Harbour.pdf"');
  });

  it('gives every script its name, and old programs a readable one', () => {
    expect(attachment('Zażółć gęślą jaźń.pdf')).toBe(
      'attachment; filename="Zazolc gesla jazn.pdf"; filename*=UTF-8\'\'Za%C5%BC%C3%B3%C5%82%C4%87%20g%C4%99%C5%9Bl%C4%85%20ja%C5%BA%C5%84.pdf',
    );
    expect(attachment('静かな港.epub')).toMatch(
      /^attachment; filename="download\.epub"; filename\*=UTF-8''%E9/,
    );
    expect(nameIn(attachment('静かな港.epub'))).toBe('静かな港.epub');
    expect(nameIn(attachment("Ō'Brien (1*2).pdf"))).toBe("Ō'Brien (1*2).pdf");
  });

  it('lets no name end the string or the line', () => {
    expect(attachment('a"; filename="b.exe')).not.toContain('filename="b.exe');
    expect(attachment('a\r\nX-Evil: 1.pdf')).not.toMatch(/[\r\n]/);
    expect(attachment('a\\".pdf')).toMatch(/^attachment; filename="a__\.pdf"; /);
    expect(attachment('100%41.pdf')).toMatch(/^attachment; filename="100_41\.pdf"; /);
  });

  it('is printable ASCII whatever the name, and says the name again', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 60 }), (name) => {
        const header = attachment(`${name}.pdf`);
        expect(header).toMatch(
          /^attachment; filename="[ -~]+"(; filename\*=UTF-8''[A-Za-z0-9!#$&+.^_`|~%-]+)?$/,
        );
        expect(header.split('"')).toHaveLength(3);
        expect(nameIn(header)).toBe(
          `${name.replaceAll(/\p{Cc}/gu, '_').replaceAll(/\p{Cs}/gu, '\uFFFD')}.pdf`,
        );
      }),
    );
  });

  it('survives half of a character', () => {
    expect(attachment('a\uD800b.pdf')).toContain("filename*=UTF-8''a%EF%BF%BDb.pdf");
  });
});
