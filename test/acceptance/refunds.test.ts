import { afterAll, beforeAll, expect, it } from 'vitest';
import { untilAllDone } from './checker.ts';
import { mailsTo, openMail } from './inbox.ts';
import { buy, orderOf, type Purchase, refund } from './shop.ts';
import { report, sizes } from './sizes.ts';
import { type Stack, startStack } from './stack.ts';
import { until } from './until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.remove());

async function firstLink({ email }: Purchase): Promise<string> {
  const [mail] = await mailsTo(stack, email);
  if (!mail) throw new Error('There is no mail.');
  const { Text } = await openMail(stack, mail);
  const [link] = Text.match(/https?:\S+\/d\/\S+/) ?? [];
  if (!link) throw new Error('The mail has no link.');
  return link;
}

/** Whether a click brings the book; what else it brings is a page. */
async function bringsBook(link: string): Promise<boolean> {
  const answer = await fetch(link);
  await answer.arrayBuffer();
  return answer.ok && /pdf|epub/.test(answer.headers.get('content-type') ?? '');
}

it(
  'a refund in Stripe’s dashboard stops the very next clicks',
  { timeout: sizes.drillTimeoutMs },
  async () => {
    const afterMs: number[] = [];
    for (let index = 0; index < sizes.refunds; index += 1) {
      const purchase = await buy(stack, orderOf(index, 'refunded'));
      await untilAllDone(stack, 2 * index + 1, 30_000);
      const link = await firstLink(purchase);
      expect(await bringsBook(link)).toBe(true);
      const refundedMs = performance.now();
      await refund(stack, purchase);
      await until('a click that is refused', async () => !(await bringsBook(link)), {
        withinMs: 30_000,
        everyMs: 20,
      });
      afterMs.push(performance.now() - refundedMs);
      await untilAllDone(stack, 2 * index + 2, 30_000);
    }
    const sorted = afterMs.toSorted((a, b) => a - b);
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
    report('from a refund to a refused click', {
      refunds: sorted.length,
      p50Ms: at(0.5) ?? Number.NaN,
      p99Ms: at(0.99) ?? Number.NaN,
      maxMs: sorted.at(-1) ?? Number.NaN,
    });
  },
);
