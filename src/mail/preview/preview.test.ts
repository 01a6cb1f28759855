import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createSamplePreview } from '../../../test/builders/samplePreview.ts';
import { mailTemplateNames } from '../../domain/mailTemplates.ts';
import { languages } from '../../domain/order.ts';

const preview = createSamplePreview();

describe('a preview', () => {
  it.each(mailTemplateNames.flatMap((name) => languages.map((language) => [name, language] as const)))(
    'of %s (%s) is a mail of the shop, in its language, of a sane size',
    async (name, language) => {
      const mail = await preview.render(name, language);
      expect(mail.from).toEqual({
        name: 'Lektura – księgarnia cyfrowa',
        address: 'zakupy@lektura.example',
      });
      expect(mail.html).toContain(`<html lang="${language === 'pl' ? 'pl-PL' : 'en-GB'}"`);
      expect(mail.html).toContain('pomoc@lektura.example');
      expect(mail.text).toContain('7K3M-Q9XT-4BVD');
      expect(mail.subject).toContain('7K3M-Q9XT-4BVD');
      expect(Buffer.byteLength(mail.html)).toBeLessThan(20_000);
      // The whole of it, with its papers.
      expect(mail.sizeBytes).toBeLessThan(100_000);
    },
  );

  it('tells every mail from every other, and each language from the other', async () => {
    const all = await Promise.all(
      mailTemplateNames.flatMap((name) => languages.map((language) => preview.render(name, language))),
    );
    expect(new Set(all.map(({ text }) => text)).size).toBe(all.length);
  });

  it('has the papers that its mail carries', async () => {
    const attached = async (name: 'receipt' | 'refund' | 'refund_failed' | 'access_restored' | 'granted') =>
      (await preview.render(name, 'en')).attachments;
    expect(await attached('receipt')).toEqual(['R-2026-000123.pdf']);
    expect(await attached('refund')).toEqual(['C-2026-000007.pdf']);
    expect(await attached('refund_failed')).toEqual(['C-2026-000008.pdf']);
    expect(await attached('access_restored')).toEqual(['R-2026-000123.pdf']);
    expect(await attached('granted')).toEqual([]);
  });

  it('of a gift speaks of no purchase', async () => {
    for (const language of languages) {
      const { html, text } = await preview.render('granted', language);
      expect(html + text).not.toMatch(/purchase|zakup/i);
    }
  });
});

describe('docs/mails.md', () => {
  it('has a row for every mail', () => {
    const page = readFileSync(new URL('../../../docs/mails.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `([a-z_]+)`/gm)].map(([, name]) => name);
    expect(rows).toEqual(mailTemplateNames);
  });
});
