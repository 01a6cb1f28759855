import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { render } from './render.ts';

const here = dirname(fileURLToPath(import.meta.url));

// Writes what is generated; a test holds the committed files equal to it.
for (const [path, text] of await render()) {
  mkdirSync(dirname(join(here, path)), { recursive: true });
  writeFileSync(join(here, path), text);
}
