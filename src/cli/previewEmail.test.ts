import { describe, expect, it } from 'vitest';
import { runOperators } from '../../test/builders/commandLine.ts';
import { mailTemplateNames } from '../domain/mailTemplates.ts';
import type { MailPreviewDuties, PreviewedMail } from './duties.ts';
import { treeOf } from './completion/tree.ts';
import { createTerminal } from './terminal.ts';
import { createProgram, type ProgramOptions } from './program.ts';

const mail: PreviewedMail = {
  name: 'receipt.en',
  subject: 'Your ebook – order X',
  from: { name: 'Shop', address: 'shop@books.example' },
  html: '<!doctype html>',
  text: 'Thank you\n',
  attachments: ['R-2026-000001.pdf'],
  sizeBytes: 41_200,
  notes: ['A sample.'],
};

async function run(words: string, { opens = true }: { opens?: boolean } = {}) {
  const did: unknown[] = [];
  const duties: MailPreviewDuties = {
    render: async (...asked) => {
      did.push(['render', ...asked]);
      return mail;
    },
    keep: async ({ name }, out) => {
      did.push(['keep', name, out]);
      return out ?? `/tmp/x/${name}.html`;
    },
    open: async (path) => {
      did.push(['open', path]);
      return opens;
    },
  };
  const ran = await runOperators(words, { duties: { mailPreview: () => duties } });
  return { ...ran, did };
}

describe('preview-email', () => {
  it('writes the page somewhere temporary and prints its path, and nothing else, as data', async () => {
    const { code, out, err, did } = await run('preview-email receipt');
    expect({ code, out }).toEqual({ code: 0, out: '/tmp/x/receipt.en.html\n' });
    expect(err).toBe(
      'From:     Shop <shop@books.example>\nSubject:  Your ebook – order X\nAttached: R-2026-000001.pdf\nSize:     42 kB\nA sample.\n',
    );
    expect(did).toEqual([
      ['render', 'receipt', undefined],
      ['keep', 'receipt.en', undefined],
    ]);
  });

  it('takes a language, a file, and hyphens for underscores', async () => {
    const { out, did } = await run('preview-email claim-invitation --language pl --out mail.html');
    expect(out).toBe('mail.html\n');
    expect(did).toEqual([
      ['render', 'claim_invitation', 'pl'],
      ['keep', 'receipt.en', 'mail.html'],
    ]);
  });

  it('opens the page', async () => {
    const { code, err, did } = await run('preview-email receipt --open');
    expect(code).toBe(0);
    expect(did.at(-1)).toEqual(['open', '/tmp/x/receipt.en.html']);
    expect(err).not.toContain('could open');
  });

  it('says so where nothing can open it, still prints the path, and is no failure', async () => {
    const { code, out, err } = await run('preview-email receipt --open', { opens: false });
    expect({ code, out }).toEqual({ code: 0, out: '/tmp/x/receipt.en.html\n' });
    expect(err).toContain('Nothing here could open it');
  });

  it('prints the text part alone, and writes no file', async () => {
    const { out, did } = await run('preview-email receipt --text');
    expect(out).toBe('Thank you\n');
    expect(did).toHaveLength(1);
  });

  it('prints the text part and writes the page where a file is named', async () => {
    const { out, err, did } = await run('preview-email receipt --text --out mail.html');
    expect(out).toBe('Thank you\n');
    expect(err).toContain('The page is in mail.html');
    expect(did).toHaveLength(2);
  });

  it('lists all mails with a line each, without anything configured', async () => {
    const { code, out, did } = await run('preview-email --list');
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual(mailTemplateNames);
    for (const line of out.trimEnd().split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    expect(did).toEqual([]);
  });

  it.each([
    ['preview-email receit', 'There is no mail called receit.'],
    ['preview-email constructor', 'There is no mail called constructor.'],
    ['preview-email \u001B[31m', 'There is no mail called \\x1b[31m.'],
    ['preview-email', 'Which mail?'],
  ])('%j ends with 2 and the list', async (words, message) => {
    const { code, out, err, did } = await run(words);
    expect({ code, out, did }).toEqual({ code: 2, out: '', did: [] });
    expect(err).toContain(message);
    expect(err).toContain('  claim_invitation     a guest');
  });

  it('knows two languages', async () => {
    const { code, err } = await run('preview-email receipt --language de');
    expect(code).toBe(2);
    expect(err).toContain('Allowed choices are en, pl');
  });

  it('is completed by the names of the mails', () => {
    const stream = { write: () => true };
    const terminal = createTerminal({ stdout: stream, stderr: stream, env: {} });
    const { command } = createProgram({
      version: '1',
      terminal,
      environmentText: () => '',
    } as unknown as ProgramOptions);
    const found = treeOf(command).find(({ path }) => path.join(' ') === 'preview-email');
    expect(found?.values).toEqual(mailTemplateNames);
    expect(found?.options.find(({ flags }) => flags.includes('--language'))?.choices).toEqual(['en', 'pl']);
  });
});
