import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMemoryFileStore } from '../../test/fakes/memoryFileStore.ts';
import { defaultMarking } from '../domain/copyMark.ts';
import type { StandingFile, StandingProduct } from '../ports/catalogImport.ts';
import { checkStore } from './checkStore.ts';

const stored = (key: string, text: string) => ({
  key,
  sizeBytes: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
});

/** Two versions, one of them with a shared body. */
function aCatalogue(): StandingProduct[] {
  const importedAt = new Date(0);
  const common = { format: 'pdf' as const, reach: 'full' as const, pageCount: 1, findings: [], importedAt };
  const files: StandingFile[] = [
    { ...common, version: '1', way: 'plain', revision: 0, master: stored('old', 'old book'), shared: null },
    {
      ...common,
      version: '2',
      way: 'tail',
      revision: 3,
      master: stored('master', 'new book'),
      shared: { body: stored('body', 'new body'), recipe: stored('recipe', 'new recipe') },
    },
  ];
  const about = { productId: 'calm', title: 'Calm', language: 'en', version: '2', stripeProductId: null };
  return [{ ...about, marking: defaultMarking, updatedAt: new Date(0), prices: [], files }];
}

function check(damage: (objects: ReturnType<typeof createMemoryFileStore>['objects']) => void, revision = 3) {
  const store = createMemoryFileStore();
  const bytes = (text: string) => ({ bytes: new TextEncoder().encode(text), contentType: 'x' });
  for (const [key, text] of Object.entries({
    old: 'old book',
    master: 'new book',
    body: 'new body',
    recipe: 'new recipe',
  }))
    store.objects.set(key, bytes(text));
  damage(store.objects);
  const markers = { pdf: { revision }, epub: { revision } };
  return checkStore(
    { products: aCatalogue(), store, markers, onProgress: () => undefined },
    AbortSignal.timeout(5_000),
  );
}

describe('a check of the store', () => {
  it('looks at every version, with what its copies share', async () => {
    const report = await check(() => undefined);
    expect(report).toMatchObject({ products: 1, files: 2, sizeBytes: 34 });
    expect(report.findings).toMatchObject([{ version: '1', part: 'preparation', state: 'outdated' }]);
  });

  it.each([
    ['old', '1', 'master'],
    ['master', '2', 'master'],
    ['body', '2', 'shared_body'],
    ['recipe', '2', 'recipe'],
  ])('finds %s missing, and damaged', async (key, version, part) => {
    const missing = await check((objects) => objects.delete(key));
    expect(missing.findings).toContainEqual(expect.objectContaining({ version, part, state: 'missing' }));
    const damaged = await check((objects) => {
      const { bytes } = objects.get(key) ?? { bytes: new Uint8Array() };
      bytes[0] = 0;
    });
    expect(damaged.findings).toContainEqual(expect.objectContaining({ version, part, state: 'damaged' }));
    const cut = await check((objects) => objects.set(key, { bytes: new Uint8Array(2), contentType: 'x' }));
    expect(cut.findings.find(({ state }) => state === 'damaged')?.message).toMatch(/has 2 bytes instead of/);
  });

  it('tells what a newer release would mark in another way', async () => {
    const { findings } = await check(() => undefined, 4);
    expect(findings.map(({ version, state }) => `${version} ${state}`)).toEqual(['1 outdated', '2 outdated']);
  });
});
