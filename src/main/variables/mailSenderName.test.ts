import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { hostileText, shop } from '../../../test/builders/sale.ts';
import { printableText } from '../../domain/printableText.ts';
import { composeForBuyer } from '../../mail/envelope.ts';
import { composeTestMail } from '../../mail/testMail.ts';
import { readConfig } from '../readConfig.ts';
import { variableNames, variables } from '../variables.ts';
import { senderName } from './mailSenderName.ts';

const problemsOf = (changes: Record<string, string>) => {
  const examples = Object.fromEntries(variableNames.map((name) => [name, variables[name].example]));
  const reading = readConfig(
    {
      env: { ...examples, MAIL_PROVIDERS: 'smtp', ...changes },
      readFile: () => '',
      now: new Date('2026-11-22T12:00:00Z'),
      processName: () => 'test',
    },
    'serve',
  );
  return reading.ok ? [] : reading.problems;
};

describe('what stands in the headers of every mail', () => {
  it.each([
    ['SHOP_NAME', 'Books =?utf-8?q?of?= Example', 'must not contain =?'],
    ['SHOP_NAME', 'Books =?', 'must not contain =?'],
    ['SHOP_NAME', 'Books\r\nBcc: victim@evil.example', 'must not contain control characters'],
    ['SHOP_NAME', 'Books\0', 'must not contain control characters'],
    ['SHOP_NAME', 'Books\u2028of', 'must not contain control characters'],
    ['SHOP_NAME', 'Books \u202Ekooltuo', 'must not contain characters that turn the direction of writing'],
    ['SHOP_NAME', 'Books \u2066x', 'must not contain characters that turn the direction of writing'],
    ['SHOP_NAME', 'Bo\u200Boks', 'must not contain invisible characters'],
    ['SHOP_NAME', '\u200D', 'must have something to see'],
    ['MAIL_FROM', '=?utf-8?q?x?=@books.example', 'must be one plain e-mail address'],
    ['MAIL_FROM', 'receipts@books.example\r\nBcc: x@y.example', 'must be one plain e-mail address'],
    ['MAIL_REPLY_TO', '=?utf-8?q?x?=@books.example', 'must be one plain e-mail address'],
    ['MAIL_REPLY_TO', 'Help <help@books.example>', 'must be one plain e-mail address'],
    ['MAIL_REPLY_TO', 'help@books.example\u202E', 'must be one plain e-mail address'],
    ['MAIL_RETURN_PATH', 'b@books.example, c@books.example', 'must be one plain e-mail address'],
    ['MAIL_DRILL_ADDRESS', 'a@books.example\n', ''],
    ['JOURNAL_ADDRESS', 'a@books.example\nX: y', 'must be one plain e-mail address'],
  ])('is refused at the start when %s is %j, by its name and with what to do', (name, value, why) => {
    const problems = problemsOf({ [name]: value });
    // A blank at the end of a line is nobody's intention, and dropped.
    if (why === '') return expect(problems).toEqual([]);
    expect(problems.join('\n')).toContain(`${name} ${why}`);
    expect(problems.join('\n')).not.toContain('evil');
  });

  it.each(['Books, Ltd. (of "Example"); \\ : @', 'Lektura – księgarnia', 'كتب', '📚👩‍👩‍👧', 'a=?b'])(
    'arrives as it was written when it is accepted: %j',
    async (name) => {
      const accepted = senderName(100).safeParse(name);
      if (name.includes('=?')) return expect(accepted.success).toBe(false);
      expect(await namesIn(accepted.data ?? '')).toEqual([name, name]);
    },
  );

  it('arrives as it was written, whatever was accepted', async () => {
    await fc.assert(
      fc.asyncProperty(hostileText, async (text) => {
        const accepted = senderName(100).safeParse(text);
        if (!accepted.success || accepted.data.normalize('NFC') !== accepted.data) return;
        const shown = printableText(accepted.data, 80);
        const [ofMail, ofTest] = await namesIn(accepted.data);
        expect(ofMail).toBe(shown);
        expect(ofTest?.trim()).toBe(accepted.data);
      }),
      { numRuns: 150 },
    );
  });
});

/** The sender's name as a reader of the mail sees it: of a buyer's mail, and of a test. */
async function namesIn(name: string): Promise<Array<string | undefined>> {
  const mail = await composeForBuyer(
    { subject: 'x', html: '<p>x</p>', text: 'x' },
    {
      shop: { ...shop, name },
      to: 'anna@example.pl',
      messageId: '<x@lektura.example>',
      date: new Date('2026-11-24T23:05:00Z'),
      language: 'en',
    },
  );
  const test = await composeTestMail({
    to: 'anna@example.pl',
    from: { name, address: shop.fromAddress },
    nonce: new Uint8Array(20),
    date: new Date('2026-11-24T23:05:00Z'),
    why: 'x',
  });
  return Promise.all([mail, test.bytes].map(async (bytes) => (await PostalMime.parse(bytes)).from?.name));
}
