import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../readConfig.ts';
import { sections, variableNames, variables } from '../variables.ts';
import { renderEnvExample } from './envExample.ts';

const examplePath = fileURLToPath(new URL('../../../.env.example', import.meta.url));

describe('.env.example', () => {
  it('is what the table of variables says; vitest -u writes it anew', async () => {
    await expect(renderEnvExample()).toMatchFileSnapshot(examplePath);
  });

  it('names every variable once, and no other', () => {
    const names = Array.from(
      readFileSync(examplePath, 'utf8').matchAll(/^(?:# )?([A-Z_0-9]+)=/gm),
      ([, name]) => name,
    );
    expect(new Set(names)).toEqual(new Set(variableNames));
    expect(names).toHaveLength(variableNames.length);
  });

  it.each([
    ['as it is', (text: string) => text],
    [
      'with everything that is left out put in',
      (text: string) => text.replaceAll(/^# (?=[A-Z_0-9]+=)/gm, ''),
    ],
  ])('is a valid configuration %s', (_how, change) => {
    const env = parseEnv(change(readFileSync(examplePath, 'utf8')));
    const now = new Date('2026-02-01T00:00:00Z');
    const reading = readConfig({ env, readFile: () => '', now, processName: () => 'test' }, 'doctor');
    expect(reading.ok ? [] : reading.problems).toEqual([]);
    expect(reading.warnings).toEqual([]);
  });
});

describe('the table of variables', () => {
  it('holds every variable of every section once', () => {
    expect(sections.flatMap((section) => Object.keys(section.variables)).toSorted()).toEqual(
      variableNames.toSorted(),
    );
  });

  it('says in one sentence what each is for, and has defaults and examples that are accepted', () => {
    for (const name of variableNames) {
      const { purpose, schema, example, default: byDefault } = variables[name];
      expect(purpose, name).toMatch(/^\S.+[.]$/);
      expect(schema.safeParse(example).success, name).toBe(true);
      if (byDefault !== undefined) expect(schema.safeParse(byDefault).success, name).toBe(true);
    }
  });
});
