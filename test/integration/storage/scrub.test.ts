import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Fault } from '../../../src/domain/fault.ts';
import type { FileStore } from '../../../src/ports/fileStore.ts';
import { documentOf, problemOf } from '../../builders/commandLine.ts';
import { startStoredOrders, type StoredOrders } from '../../builders/storedOrders.ts';
import { createMemoryMarkers } from '../../fakes/memoryMarkers.ts';
import { createPlainReceipts } from '../../builders/plainReceipts.ts';

let stack: StoredOrders;
let bought: Awaited<ReturnType<StoredOrders['buy']>>;
/** What was stored when all was well. */
let sound: Map<string, string>;
const [master, recipe] = ['ebooks/marked-book/1.0.0/file.pdf', 'recipe'];

beforeAll(async () => {
  stack = await startStoredOrders();
  bought = await stack.buy();
  await stack.buy();
  sound = new Map(stack.keys().map((key) => [key, stack.content(key)]));
});
afterEach(async () => {
  for (const [key, text] of sound)
    stack.files.objects.set(key, { bytes: new Uint8Array(Buffer.from(text)), contentType: 'x' });
  await stack.rows('delete from fulfillment.storage_scrubs');
});
afterAll(() => stack.stop());

const pdf = () => `copies/${bought.orderId}/1.pdf`;
const epub = () => `copies/${bought.orderId}/1.epub`;
const receipt = () =>
  stack.keys().find((key) => key.startsWith('receipts/') && key.includes(bought.orderId))!;
const stored = () => new Map(stack.keys().map((key) => [key, stack.content(key)]));

/** The store, with something before each reading of a whole file. */
const watched = (before: (key: string) => Promise<void> | void): FileStore => ({
  ...stack.files,
  open: async (key, options, signal) => {
    if (!options.range) await before(key);
    return stack.files.open(key, options, signal);
  },
});

describe('storage scrub', () => {
  it('reads every file and finds nothing where nothing is wrong', async () => {
    const read: string[] = [];
    const ran = await stack.run('storage scrub', { store: watched((key) => void read.push(key)) });
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.out).toMatch(/^Checked 9 files \(\d+ kB\): every one is as it was stored\.\n$/);
    expect(read.toSorted()).toEqual(stack.keys());
    const { rows } = await stack.staff.audit.list({ action: 'storage:scrub' }, { limit: 5 });
    expect(rows[0]).toMatchObject({ result: 'done', channel: 'cli', after: { checked: 9, broken: 0 } });
  });

  it('tells what is missing, damaged, cut off or another file, and changes nothing of it', async () => {
    stack.files.objects.delete(pdf());
    stack.damage(epub(), (bytes) => bytes.fill(0, 2, 3));
    stack.damage(receipt(), (bytes) => bytes.slice(0, 5));
    stack.damage(master, () => new Uint8Array(Buffer.from('quite another book')));
    const before = stored();
    const ran = await stack.run('storage scrub --json');
    expect(ran).toMatchObject({ code: 7 });
    const document = documentOf(ran);
    expect(document).toMatchObject({ ok: false, broken: 4, repaired: 0, finished: true, stopped: null });
    expect(document['findings']).toMatchObject(
      [
        { key: master, found: 'damaged', kind: 'master', reason: 'is_a_master' },
        { key: pdf(), found: 'missing', orderId: bought.orderId, lineNo: 1, reason: 'not_tried' },
        { key: epub(), found: 'damaged', format: 'epub' },
        { key: receipt(), found: 'damaged', kind: 'receipt', lineNo: null },
      ].toSorted(byPlaceIn(document)),
    );
    expect(JSON.stringify(document)).not.toMatch(/Kowalski|\w@\w+\.\w/);
    expect(stored()).toEqual(before);
  });

  it('makes again byte for byte what it can, in the audit and in the timeline of the order', async () => {
    stack.files.objects.delete(pdf());
    stack.damage(epub(), (bytes) => bytes.fill(0, 2, 3));
    stack.damage(receipt(), (bytes) => bytes.slice(0, 5));
    stack.files.objects.delete(recipe);
    const ran = await stack.run('storage scrub --repair --reason=disk');
    expect(ran.out).toMatch(/4 files made again, byte for byte\.\nChecked 9 files .* stored now\.\n$/);
    expect(ran.code).toBe(0);
    expect(stored()).toEqual(sound);
    const { events } = await stack.see(bought.jobId);
    const told = events.filter(({ kind }) => kind === 'file.repaired');
    expect(told.map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        { file: 'copy', line: 1, format: 'pdf', found: 'missing' },
        { file: 'copy', line: 1, format: 'epub', found: 'damaged' },
        { file: 'receipt', line: null, format: 'pdf', found: 'damaged' },
      ]),
    );
    expect(told).toHaveLength(3);
    expect(told[0]!.actor).toMatch(/^staff:/);
    const { rows } = await stack.staff.audit.list({ action: 'storage:repair' }, { limit: 9 });
    expect(rows).toHaveLength(4);
    expect(rows.every(({ reason, result }) => reason === 'disk' && result === 'done')).toBe(true);
    expect((await stack.see(bought.jobId)).state).toBe('completed');
    expect(await stack.run('storage scrub')).toMatchObject({ code: 0 });
  });

  it('puts nothing in the place of a file that comes out otherwise today, and says what to do', async () => {
    stack.damage(pdf(), (bytes) => bytes.slice(1));
    stack.damage(receipt(), (bytes) => bytes.slice(1));
    const before = stored();
    const markers = createMemoryMarkers();
    const renderer = createPlainReceipts();
    const ran = await stack.run('storage scrub --repair', {
      markers: { ...markers, pdf: { ...markers.pdf, revision: 2 } },
      createRenderer: () => ({ pdf: async (document) => (await renderer.pdf(document)).slice(1) }),
    });
    expect(ran).toMatchObject({ code: 7 });
    const told = ran.out.replaceAll(/\s+/g, ' ');
    expect(told).toMatch(/cannot be made again byte for byte/);
    expect(told).toMatch(/import the book under a new version/);
    expect(told).toMatch(/fulfillment orders resend-receipt/);
    expect(stored()).toEqual(before);
  });

  it('leaves a damaged book alone, and takes it away only where it was asked for and agreed to', async () => {
    stack.damage(master, (bytes) => bytes.fill(0, 0, 1));
    const plain = await stack.run('storage scrub --repair');
    expect(plain).toMatchObject({ code: 7 });
    expect(plain.out.replaceAll(/\s+/g, ' ')).toMatch(
      /storage scrub --masters --repair, then import the same/,
    );
    expect(stack.keys()).toContain(master);
    expect(await stack.run('storage scrub --masters --repair')).toMatchObject({ code: 5 });
    expect(stack.keys()).toContain(master);
    const agreed = await stack.run('storage scrub --masters --repair --yes --json');
    expect(agreed).toMatchObject({ code: 7 });
    expect(documentOf(agreed)).toMatchObject({ checked: 3, findings: [{ outcome: 'removed', key: master }] });
    expect(stack.keys()).not.toContain(master);
  });

  it('goes on where it stood after it broke off, with what it had found', async () => {
    stack.damage(master, (bytes) => bytes.fill(0, 0, 1));
    let readings = 0;
    const breaking = watched(() => {
      if ((readings += 1) > 5) throw new Error('killed');
    });
    expect(await stack.run('storage scrub --json', { store: breaking })).toMatchObject({ code: 1 });
    const read: string[] = [];
    const rest = await stack.run('storage scrub --json', { store: watched((key) => void read.push(key)) });
    expect(documentOf(rest)).toMatchObject({ resumed: true, finished: true, checked: 9, broken: 1 });
    expect(read.length).toBeGreaterThanOrEqual(4);
    expect(read.length).toBeLessThan(9);
    expect(read).not.toContain(master);
    expect(documentOf(await stack.run('storage scrub --json'))).toMatchObject({ resumed: false, checked: 9 });
  });

  it('goes on by parts, each as large as was asked for', async () => {
    const parts = [];
    for (let part = 0; part < 3; part += 1)
      parts.push(documentOf(await stack.run('storage scrub --limit 4 --json')));
    expect(parts).toMatchObject([
      { checkedNow: 4, checked: 4, finished: false },
      { checkedNow: 4, checked: 8, finished: false, resumed: true },
      { checkedNow: 1, checked: 9, finished: true, resumed: true },
    ]);
  });

  it('ends with a clear word when the file store is down, and goes on once it is back', async () => {
    let readings = 0;
    const down = watched(() => {
      if ((readings += 1) > 4)
        throw new Fault({ kind: 'transient', reason: 'storage_unavailable', message: 'The store is down.' });
    });
    const ran = await stack.run('storage scrub --json', { store: down });
    expect(ran).toMatchObject({ code: 1 });
    expect(documentOf(ran)).toMatchObject({
      ok: false,
      finished: false,
      stopped: { reason: 'storage_unavailable', message: 'The store is down.' },
    });
    const words = await stack.run('storage scrub', { store: down });
    expect(words.out).toMatch(/It was ended: The store is down\. \(storage_unavailable\)/);
    expect(documentOf(await stack.run('storage scrub --json'))).toMatchObject({ resumed: true, checked: 9 });
  });

  it('touches nothing where not one of the books is: the disk may not be mounted', async () => {
    for (const key of stack.keys()) stack.files.objects.delete(key);
    const ran = await stack.run('storage scrub --repair --json');
    expect(ran).toMatchObject({ code: 1 });
    expect(documentOf(ran)).toMatchObject({ checked: 0, stopped: { reason: 'storage_is_another' } });
    expect(stack.keys()).toEqual([]);
  });

  it('loses nothing when the store goes down between taking a damaged file away and putting it back', async () => {
    stack.damage(pdf(), (bytes) => bytes.slice(1));
    const refusing: FileStore = {
      ...stack.files,
      put: () =>
        Promise.reject(new Fault({ kind: 'transient', reason: 'storage_full', message: 'No room.' })),
    };
    expect(await stack.run('storage scrub --repair', { store: refusing })).toMatchObject({ code: 1 });
    expect(stack.keys()).not.toContain(pdf());
    expect(await stack.run('storage scrub --repair')).toMatchObject({ code: 0 });
    expect(stored()).toEqual(sound);
  });

  it('is one at a time; who is silent for long is taken for dead', async () => {
    const [opened, gate] = [deferred(), deferred()];
    const slow = watched(async () => {
      opened.resolve();
      await gate.promise;
    });
    const first = stack.run('storage scrub --json', { store: slow });
    await opened.promise;
    const second = await stack.run('storage scrub --json');
    expect(second).toMatchObject({ code: 1 });
    expect(problemOf(second)).toMatchObject({ code: 'scrub_under_way' });
    await stack.rows(`update fulfillment.storage_scrubs set held_until = clock_timestamp()`);
    expect(documentOf(await stack.run('storage scrub --json'))).toMatchObject({ resumed: true, checked: 9 });
    gate.resolve();
    // It comes back to life, and neither spoils nor doubles what the other has written.
    expect(documentOf(await first)).toMatchObject({ stopped: { reason: 'scrub_taken_over' }, checked: 9 });
  });

  it('looks at what was stored since a day, and at no copy that is made while it is downloaded', async () => {
    expect(documentOf(await stack.run('storage scrub --since 2999-01-01 --json'))).toMatchObject({
      checked: 0,
      finished: true,
    });
    await stack.rows(`update fulfillment.stored_files set kept = 'streamed' where storage_key = $1`, [pdf()]);
    stack.files.objects.delete(pdf());
    expect(documentOf(await stack.run('storage scrub --json'))).toMatchObject({ checked: 8, broken: 0 });
    await stack.rows(`update fulfillment.stored_files set kept = 'stored' where storage_key = $1`, [pdf()]);
    expect(await stack.run('storage scrub --since yesterday')).toMatchObject({ code: 2 });
  });

  it('is for those who may', async () => {
    const ran = await stack.run('storage scrub --json', { email: 'editor@staff.example' });
    expect(ran).toMatchObject({ code: 4, out: '' });
    expect(await stack.rows('select from fulfillment.storage_scrubs')).toEqual([]);
  });
});

function deferred() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => void (resolve = done));
  return { promise, resolve: () => resolve() };
}

/** In the order in which the document has them. */
const byPlaceIn =
  (document: Record<string, unknown>) =>
  (one: { key: string }, other: { key: string }): number => {
    const keys = (document['findings'] as { key: string }[]).map(({ key }) => key);
    return keys.indexOf(one.key) - keys.indexOf(other.key);
  };
