import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { readOf, templates } from '../../../test/builders/mailTemplates.ts';
import { buildLine, buildOrder, hostileOrder, hostileText, shop } from '../../../test/builders/sale.ts';
import { languages, type Order } from '../../domain/order.ts';
import { printableText } from '../../domain/printableText.ts';
import { composeForBuyer } from '../envelope.ts';
import { addressChangedMail } from './addressChangedMail.ts';
import type { MailContent } from './layout.ts';

const tagsOf = (html: string) => html.match(/<[^>]*>/g)?.map((tag) => /^<\/?[a-z0-9]+/.exec(tag)?.[0] ?? tag);

const headerNames = (bytes: Uint8Array) =>
  (Buffer.from(bytes).toString('latin1').split('\r\n\r\n', 1)[0] ?? '')
    .split(/\r\n(?![ \t])/)
    .map((line) => line.slice(0, line.indexOf(':')).toLowerCase())
    .toSorted();

const compose = (content: MailContent, order: Order) =>
  composeForBuyer(content, {
    shop,
    to: 'anna@example.pl',
    messageId: '<x@lektura.example>',
    date: new Date('2026-11-24T23:05:00Z'),
    language: order.buyer.language,
  });

/** Control characters but for line ends, and what turns the direction of writing or cannot be seen. */
const obeyed = /[^\n\P{Cc}]|[\u2028\u2029\u202A-\u202E\u2066-\u2069\u200B\uFEFF]/u;

describe.each(Object.entries(templates))('%s', (name, template) => {
  it('prints hostile names and titles as they are, and obeys none of them', async () => {
    const order = buildOrder({ lines: [buildLine(1), buildLine(2)] });
    const calm = await compose(template(order), order);
    await fc.assert(
      fc.asyncProperty(hostileOrder, async (evil) => {
        const content = template(evil);
        const read = readOf(content.html);
        for (const { title } of evil.lines) {
          const printed = printableText(title, 200);
          expect(content.text).toContain(printed);
          expect(read).toContain(printed);
        }
        expect(content.subject + content.text).not.toMatch(obeyed);
        expect(content.html).not.toMatch(obeyed);
        const quiet = { ...order, buyer: { ...order.buyer, language: evil.buyer.language } };
        if (name !== 'receipt') expect(tagsOf(content.html)).toEqual(tagsOf(template(quiet).html));

        const bytes = await compose(content, evil);
        expect(headerNames(bytes)).toEqual(headerNames(calm));
        const { subject, to, from, cc, bcc } = await PostalMime.parse(bytes);
        expect({ subject, to, from, cc, bcc }).toEqual({
          subject: content.subject,
          to: [{ name: '', address: 'anna@example.pl' }],
          from: { name: shop.name, address: shop.fromAddress },
          cc: undefined,
          bcc: undefined,
        });
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    '{{ order.total }}',
    '{% include "secrets" %}',
    '${process.env.HOME}',
    '%s %d %(name)s',
    '<%= 7 * 7 %>',
    '#{7*7}',
    '$& $1 $` \\1',
    '[[${7*7}]]',
    '&lt;b&gt; &amp; &#39;',
    '--\n.\nQUIT',
    '</title><script>alert(1)</script>',
  ])('takes %j for a title like any other', (title) => {
    const order = buildOrder({ lines: [buildLine(1, { title })] });
    const { html, text } = template(order);
    const printed = title.replaceAll('\n', ' ');
    expect(text).toContain(printed);
    expect(readOf(html)).toContain(printed);
    expect(html).not.toContain('<script');
  });

  it.each(languages)('stays below 100 KB with 40 books of long titles (%s)', (language) => {
    const title = 'Źdźbło & "gżegżółka" '.repeat(10);
    const lines = Array.from({ length: 40 }, (_, at) => buildLine(at + 1, { title: `${at + 1}. ${title}` }));
    const { html, text } = template(buildOrder({ lines, buyer: { ...buildOrder().buyer, language } }));
    expect(Buffer.byteLength(html)).toBeLessThan(100_000);
    for (const at of lines.keys()) {
      expect(readOf(html)).toContain(`${at + 1}. Źdźbło & "gżegżółka"`);
      expect(text).toContain(`${at + 1}. Źdźbło & "gżegżółka"`);
    }
  });

  it('prints a title of a megabyte in part, at once', () => {
    const order = buildOrder({ lines: [buildLine(1, { title: 'tom '.repeat(250_000) })] });
    const { html, text } = template(order);
    expect(html.length + text.length).toBeLessThan(30_000);
    expect(text).toContain('…');
  });
});

describe('the mail to an address that was given up', () => {
  it('has nothing of what a stranger may have typed', () => {
    fc.assert(
      fc.property(hostileOrder, hostileText, (order, email) => {
        const evil = { ...order, buyer: { ...order.buyer, email } };
        const { html, text, subject } = addressChangedMail({ order: evil, shop });
        const calm = addressChangedMail({
          order: { ...order, buyer: { ...order.buyer, email: 'a@b.example' } },
          shop,
        });
        expect(tagsOf(html)).toEqual(tagsOf(calm.html));
        expect(subject).toBe(calm.subject);
        expect(text).not.toMatch(obeyed);
        expect(html).not.toMatch(obeyed);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a name on a receipt', () => {
  it('is printed as it is, or left out because it reads like an address of the web', () => {
    fc.assert(
      fc.property(hostileOrder, (order) => {
        const { company, name, language } = order.buyer;
        const label = language === 'pl' ? 'Nabywca: ' : 'Buyer: ';
        const line = templates['receipt']?.(order)
          .text.split('\n')
          .find((one) => one.startsWith(label));
        const printed = [company, name].map((one) => printableText(one ?? '', 120));
        if (line !== undefined) expect(printed).toContain(line.slice(label.length));
        else
          for (const one of printed)
            expect(one === '' || /[a-z0-9-]\.[a-z]{2,}|:\/\/|www\.|@/i.test(one.normalize('NFKC'))).toBe(
              true,
            );
      }),
      { numRuns: 60 },
    );
  });
});
