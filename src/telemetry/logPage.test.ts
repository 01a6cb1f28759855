import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { expect, it } from 'vitest';
import { logPage } from './logPage.ts';

const file = fileURLToPath(new URL('../../docs/logs.md', import.meta.url));

it('docs/logs.md is what the catalogue says; vitest --update writes it anew', async () => {
  const form = await resolveConfig(file);
  await expect(await format(logPage(), { ...form, filepath: file })).toMatchFileSnapshot(file);
});
