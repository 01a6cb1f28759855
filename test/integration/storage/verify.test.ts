import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markDuties } from '../../../src/main/markDuties.ts';
import { createTraceCopy } from '../../../src/operations/copies/traceCopy.ts';
import { createCopyTraces } from '../../../src/store/files/copyTraces.ts';
import { documentOf, runOperators } from '../../builders/commandLine.ts';
import { withOperations, callerOf } from '../../builders/operationsStack.ts';
import { startStoredOrders, type StoredOrders } from '../../builders/storedOrders.ts';
import { createMemoryMarkers } from '../../fakes/memoryMarkers.ts';

let stack: StoredOrders;
let orders: Array<Awaited<ReturnType<StoredOrders['buy']>>>;
let operations: ReturnType<typeof withOperations<StoredOrders>>;
let directory: string;

beforeAll(async () => {
  stack = await startStoredOrders();
  orders = [await stack.buy(), await stack.buy()];
  operations = withOperations(stack, (pool) => [createTraceCopy(createCopyTraces(pool))]);
  directory = await mkdtemp(path.join(tmpdir(), 'test-verify-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
  await stack.stop();
});

const copyOf = (place: number) => `%PDF-1.7\n${stack.content(`copies/${orders[place]?.orderId}/1.pdf`)}`;
const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

/** The command, over operations that ask the database; what is sent to them is kept. */
async function verify(text: string | undefined, more = '') {
  const file = path.join(directory, 'leaked.pdf');
  if (text === undefined) await rm(file, { force: true });
  else await writeFile(file, text);
  return runOperators(`verify ${file} ${more}`, {
    operations: {
      'copies:trace': async ({ input }: { input: unknown }) => {
        const asked = { caller: callerOf('ops_viewer'), input };
        return (await operations.operations.ask('copies:trace', asked)).output as object;
      },
    },
    duties: { marks: () => markDuties(createMemoryMarkers()) },
  });
}

describe('verify', () => {
  it('names the order, line, book and day of a copy, and its buyer masked', async () => {
    const ran = await verify(copyOf(0));
    expect(ran).toMatchObject({ code: 0 });
    expect(flat(ran.out)).toMatch(
      new RegExp(
        `^This copy was made for order ${orders[0]?.orderId} line 1 \\(marked-book 1\\.0\\.0, PDF\\), bought \\d{4}-\\d\\d-\\d\\d\\. ` +
          'Marks found: plain text\\. ' +
          'Buyer: J••• K•••, \\S+•••@\\S+•••\\.\\w+\\. Stored .+ UTC\\. Access to the book: active(, claimed by nobody yet)?\\. ' +
          `Next: fulfillment orders show ${orders[0]?.orderId}$`,
      ),
    );
    expect(ran.out).not.toMatch(/Kowalski/);
  });

  it('sends nothing but the codes of the marks', async () => {
    const { asked } = await verify(`${copyOf(0)}${copyOf(0)}`);
    expect(asked.map(({ name, input }) => [name, Object.keys(input)])).toEqual([['copies:trace', ['code']]]);
    expect(JSON.stringify(asked)).not.toMatch(/%PDF/);
  });

  it('says that access was taken away', async () => {
    await stack.rows(
      `update fulfillment.ebook_entitlements set state = 'revoked'
        where payment_id = (select id from fulfillment.payments where order_id = $1)`,
      [orders[1]?.orderId],
    );
    expect(flat((await verify(copyOf(1))).out)).toMatch(/Access to the book: revoked\./);
  });

  it('names every order of copies that were combined, and warns of it', async () => {
    const ran = await verify(`${copyOf(0)}${copyOf(1)}`, '--json');
    expect(documentOf(ran)).toMatchObject({
      ok: true,
      combined: true,
      marks: [
        { copy: { orderId: orders[0]?.orderId }, carriers: { plain_text: 1 } },
        { copy: { orderId: orders[1]?.orderId } },
      ],
    });
    expect(flat((await verify(`${copyOf(0)}${copyOf(1)}`)).out)).toMatch(
      /Marks of several copies are in this file/,
    );
  });

  it('ends with 3 for a code that nobody knows, for no mark, and for no file', async () => {
    const unknown = await verify('%PDF-1.7\nMARK 0123456789ABCDEFGHJK x\n');
    expect(unknown).toMatchObject({ code: 3 });
    expect(flat(unknown.out)).toMatch(
      /^Marked by us\? It has the mark 0123456789ABCDEFGHJK, and no copy of ours/,
    );
    const none = await verify('%PDF-1.7 of somebody else');
    expect(none).toMatchObject({ code: 3, asked: [] });
    expect(none.out).toMatch(/^No mark of ours is in this file\./);
    expect(await verify(undefined)).toMatchObject({ code: 3 });
    expect(
      await runOperators('verify /', { duties: { marks: () => markDuties(createMemoryMarkers()) } }),
    ).toMatchObject({
      code: 2,
    });
  });

  it('looks up only so many of the codes that somebody has put into a file', async () => {
    const many = Array.from({ length: 500 }, (_, at) => `MARK AAAA${String(at).padStart(16, '0')} x`);
    const ran = await verify(`%PDF-1.7\n${many.join('\n')}\nMARK ${'A'.repeat(100)} x\n`, '--json');
    expect(ran.asked).toHaveLength(20);
    expect(documentOf(ran)).toMatchObject({ codesLeftOut: 480, combined: true });
  });

  it('finds the copy by an index', async () => {
    const rows = await stack.rows<{ 'QUERY PLAN': string }>(
      `explain select from fulfillment.stored_files f where f.made -> 'mark' ->> 'code' = 'X'`,
    );
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/stored_files_mark/);
  });
});
