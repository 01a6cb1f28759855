import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailTemplateNames } from '../../src/domain/mailTemplates.ts';
import { languages } from '../../src/domain/order.ts';
import { receiptMail } from '../../src/mail/templates/receiptMail.ts';
import { type Chromium, chromiumPath, openChromium } from '../builders/chromium.ts';
import { faultsOf, looks } from '../builders/mailLooks.ts';
import { createSamplePreview } from '../builders/samplePreview.ts';
import { buildBuyer, buildLine, buildOrder, shop } from '../builders/sale.ts';

const path = chromiumPath();

describe.skipIf(path === undefined)(
  `mails in a real browser${path === undefined ? ' (skipped: no Chromium here)' : ''}`,
  () => {
    let browser: Chromium;
    beforeAll(async () => {
      browser = await openChromium(path ?? '');
    });
    afterAll(() => browser.close());

    const preview = createSamplePreview();

    it.each(mailTemplateNames.flatMap((name) => languages.map((language) => [name, language] as const)))(
      '%s (%s) can be read on a phone and at a desk, by day and by night, and loads nothing',
      async (name, language) => {
        const mail = await preview.render(name, language);
        const wanted = { lang: language === 'pl' ? 'pl-PL' : 'en-GB', title: mail.subject };
        for (const look of looks) {
          await browser.look(look);
          expect.soft(await faultsOf(browser, mail.html, wanted), JSON.stringify(look)).toEqual([]);
        }
      },
    );

    it('a receipt of hostile names and titles stays in its sheet, also where a client drops the style sheet', async () => {
      const endless = 'Donaudampfschifffahrtsgesellschaft'.repeat(12);
      const titles = [
        endless,
        'שלום עולם'.repeat(20),
        '<img src="https://evil.example/x.png">',
        '{{7*7}} ${x} %s',
      ];
      const order = buildOrder({
        buyer: buildBuyer({ name: `${'W'.repeat(120)}\u202E</div><script>` }),
        lines: titles.map((title, at) => buildLine(at + 1, { title })),
      });
      const { html, subject } = receiptMail({
        order,
        receipt: { number: 'R-2026/000123' },
        links: [
          { lineNo: 1, title: endless, format: 'pdf', url: `https://lektura.example/d/${'x'.repeat(90)}` },
        ],
        receiptUrl: 'https://lektura.example/r/abc',
        shelfUrl: 'https://lektura.example/shelf',
        expiresAt: new Date('2026-11-26T22:05:00Z'),
        shop: { ...shop, colour: '#ffe14d' },
        filesPending: true,
      });
      const bare = html.replace(/<style>[\s\S]*?<\/style>/, '');
      for (const look of looks) {
        await browser.look(look);
        for (const page of look.dark ? [html] : [html, bare])
          expect
            .soft(await faultsOf(browser, page, { lang: 'pl-PL', title: subject }), JSON.stringify(look))
            .toEqual([]);
      }
    });

    it('finds what is wrong with a page that is', async () => {
      await browser.look({ width: 360, dark: true });
      const wrong = `<!doctype html><html lang="de"><title>x</title><body style="background:#fff">
        <p style="color:#999">pale</p><div style="width:500px;color:#000">wide</div><a href="https://a.example"></a>
        <a href="javascript:1" style="color:#000">odd</a><img src="https://evil.example/pixel.gif">`;
      expect(await faultsOf(browser, wrong, { lang: 'pl-PL', title: 'y' })).toEqual([
        'contrast 2.85 of "pale"',
        expect.stringContaining('wide, the window 360'),
        '<div> stands out: "wide"',
        'a link without words: https://a.example/',
        'a link that is none: javascript:1',
        'its language is de',
        'its title is "x"',
        'it asks for https://evil.example/pixel.gif',
      ]);
    });
  },
);
