import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { downloadFileName } from './fileName.ts';

describe('the file name of a download', () => {
  it('is the title in its own script', () => {
    expect(downloadFileName('The Quiet Harbour', 'pdf')).toBe('The Quiet Harbour.pdf');
    expect(downloadFileName('Zażółć gęślą jaźń', 'epub')).toBe('Zażółć gęślą jaźń.epub');
    expect(downloadFileName('الميناء الهادئ', 'pdf')).toBe('الميناء الهادئ.pdf');
  });

  it('leads to no other folder and hides nothing', () => {
    expect(downloadFileName('../../etc/passwd', 'pdf')).toBe('etc passwd.pdf');
    expect(downloadFileName('C:\\Windows\\x', 'pdf')).toBe('C Windows x.pdf');
    expect(downloadFileName('a"b<c>d|e?f*g', 'pdf')).toBe('a b c d e f g.pdf');
    expect(downloadFileName('book\u202Efdp.exe', 'pdf')).toBe('bookfdp.exe.pdf');
    expect(downloadFileName('a\r\nSet-Cookie: x=1', 'pdf')).toBe('a Set-Cookie x=1.pdf');
    expect(downloadFileName('.hidden. . ', 'pdf')).toBe('hidden.pdf');
  });

  it('is no device of Windows', () => {
    expect(downloadFileName('CON', 'pdf')).toBe('_CON.pdf');
    expect(downloadFileName('nul.x', 'epub')).toBe('_nul.x.epub');
    expect(downloadFileName('Conrad', 'pdf')).toBe('Conrad.pdf');
  });

  it('has a stem even when the title has nothing to show', () => {
    for (const title of ['', '...', '///', '\u200B', '\uD800']) {
      expect(downloadFileName(title, 'pdf')).toBe('ebook.pdf');
    }
  });

  it('fits every file system and never breaks a character', () => {
    expect(Buffer.byteLength(downloadFileName('ł'.repeat(500), 'epub'))).toBeLessThanOrEqual(185);
    expect(downloadFileName('👨‍👩‍👧‍👦'.repeat(100), 'pdf')).toMatch(/^(👨‍👩‍👧‍👦)+\.pdf$/u);
    assert(
      property(string({ unit: 'binary', maxLength: 400 }), (title) => {
        const name = downloadFileName(title, 'pdf');
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(185);
        // oxlint-disable-next-line no-control-regex -- that there are none is the point
        expect(name).not.toMatch(/[\u0000-\u001F\u007F/\\:*?"<>|\u202A-\u202E\u2066-\u2069]/);
        expect(name).toMatch(/[^. ]\.pdf$/);
      }),
    );
  });
});
