import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailPreviewDuties } from './previewEmail.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'preview-test-'));
});
afterAll(() => rm(directory, { recursive: true }));

const duties = (env: Record<string, string> = {}) =>
  mailPreviewDuties({
    env,
    now: new Date('2026-11-24T22:05:00Z'),
    platform: 'linux',
    temporaryDirectory: directory,
  });

const configured = {
  SHOP_NAME: 'Pod Gruszą',
  SHOP_SUPPORT_EMAIL: 'pomoc@grusza.example',
  SHOP_COLOUR: '#aa3366',
  SHOP_LANGUAGE: 'pl',
  MAIL_FROM: 'sklep@grusza.example',
  PUBLIC_BASE_URL: 'https://books.grusza.example',
  TIME_ZONE: 'Europe/Warsaw',
};

describe('the preview of a mail', () => {
  it('shows a sample shop where nothing is configured, and says so', async () => {
    const mail = await duties().render('receipt', undefined);
    expect(mail).toMatchObject({
      name: 'receipt.en',
      from: { name: 'Books of Example', address: 'receipts@books.example' },
      attachments: ['R-2026-000123.pdf'],
      notes: [
        'A sample stands where the shop is not configured: SHOP_NAME, SHOP_SUPPORT_EMAIL, MAIL_FROM not set.',
      ],
    });
  });

  it('shows the shop as it is configured, in its language, though nothing else of a service is', async () => {
    const mail = await duties(configured).render('new_links', undefined);
    expect(mail).toMatchObject({ name: 'new_links.pl', from: { name: 'Pod Gruszą' }, notes: [] });
    expect(mail.html).toContain('#aa3366');
    expect(mail.text).toContain('https://books.grusza.example/d/sample-download-link-');
    expect(mail.text).toContain('pomoc@grusza.example');
    expect(mail.text).toContain('CET');
  });

  it('tells what is set and not valid, without its value', async () => {
    const wrong = { ...configured, SHOP_COLOUR: 'crimson', MAIL_FROM: 'me' };
    await expect(duties(wrong).render('receipt', 'en')).rejects.toMatchObject({
      exitCode: 2,
      details: [expect.stringMatching(/^SHOP_COLOUR must be a colour/), expect.stringMatching(/^MAIL_FROM /)],
    });
    await expect(duties(wrong).render('receipt', 'en')).rejects.not.toMatchObject({
      details: [expect.stringContaining('crimson'), expect.anything()],
    });
  });

  it('is kept in a directory of its own, or where it is wanted, again and again', async () => {
    const mail = await duties().render('refund', 'en');
    const path = await duties().keep(mail, undefined);
    expect(path).toMatch(/fulfillment-mail-\w+\/refund\.en\.html$/);
    expect(await readFile(path, 'utf8')).toBe(mail.html);
    const out = join(directory, 'mine.html');
    await duties().keep(mail, out);
    await duties().keep({ ...mail, html: `${mail.html}!` }, out);
    expect(await readFile(out, 'utf8')).toBe(`${mail.html}!`);
  });

  it('writes over nothing that is no preview', async () => {
    const mail = await duties().render('refund', 'en');
    const notes = join(directory, 'notes.txt');
    await writeFile(notes, 'mine');
    await expect(duties().keep(mail, notes)).rejects.toMatchObject({ exitCode: 2 });
    expect(await readFile(notes, 'utf8')).toBe('mine');
    await expect(duties().keep(mail, join(directory, 'nowhere', 'x.html'))).rejects.toMatchObject({
      exitCode: 2,
    });
    await expect(duties().keep(mail, directory)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('is opened by what this machine opens pages with', async () => {
    const opener = join(directory, 'xdg-open');
    await writeFile(opener, `#!/bin/sh\nprintf %s "$1" > "${directory}/opened"\n`);
    await chmod(opener, 0o755);
    expect(await duties({ PATH: directory }).open('/tmp/a b.html')).toBe(true);
    expect(await readFile(join(directory, 'opened'), 'utf8')).toBe('/tmp/a b.html');
  });

  it('is not opened where nothing can, or where the opener gives up', async () => {
    expect(await duties({ PATH: join(directory, 'empty') }).open('/tmp/a.html')).toBe(false);
    await writeFile(join(directory, 'xdg-open'), '#!/bin/sh\nexit 3\n');
    await chmod(join(directory, 'xdg-open'), 0o755);
    expect(await duties({ PATH: directory }).open('/tmp/a.html')).toBe(false);
  });
});
