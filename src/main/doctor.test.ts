import { describe, expect, it } from 'vitest';
import { buildConfig } from '../../test/builders/config.ts';
import type { Finding } from '../cli/duties.ts';
import { findingsOf, type Check } from './checks/check.ts';
import { examine } from './doctor.ts';
import type { ConfigReading } from './readConfig.ts';

const valid: ConfigReading = {
  ok: true,
  config: buildConfig(),
  migratorUrl: null,
  warnings: ['SMTP_PASWORD is not known. Did you mean SMTP_PASSWORD?'],
  secrets: new Map([['SMTP_PASSWORD', 'hunter2']]),
};

async function findingsFor(reading: ConfigReading, checks: Check[] = []): Promise<Finding[]> {
  const findings: Finding[] = [];
  await examine({ reading, checks, onFinding: (finding) => findings.push(finding) });
  return findings;
}

const named = (name: string, run: Check['run']): Check => ({ name, run });

describe('the doctor', () => {
  it('shows secrets by the first four digits of their hash and nothing else', async () => {
    const [finding] = await findingsFor(valid);
    // printf hunter2 | sha256sum
    expect(finding).toMatchObject({ state: 'ok', detail: expect.stringContaining('SMTP_PASSWORD f52f') });
    expect(JSON.stringify(finding)).not.toContain('hunter2');
  });

  it('passes on what looks like a typing error', async () => {
    expect(await findingsFor(valid)).toContainEqual({
      check: 'configuration',
      state: 'warning',
      detail: 'SMTP_PASWORD is not known. Did you mean SMTP_PASSWORD?',
    });
  });

  it('checks nothing else while the configuration is not valid', async () => {
    const reading: ConfigReading = {
      ok: false,
      problems: ['PORT is wrong.', 'HOST is wrong.'],
      warnings: [],
      secrets: new Map(),
    };
    const never = named('never', () => Promise.reject(new Error('was run')));
    expect(await findingsFor(reading, [never])).toEqual([
      { check: 'configuration', state: 'failed', detail: 'PORT is wrong.' },
      { check: 'configuration', state: 'failed', detail: 'HOST is wrong.' },
    ]);
  });

  it('tells findings in the order of the checks, whichever ends first', async () => {
    let letSlowEnd: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (letSlowEnd = resolve));
    const slow = named('slow', async () => gate.then(() => [findingsOf('slow').ok('done')]));
    const fast = named('fast', async () => {
      letSlowEnd();
      return [findingsOf('fast').ok('done')];
    });
    const names = (await findingsFor(valid, [slow, fast])).map(({ check }) => check);
    expect(names.slice(-2)).toEqual(['slow', 'fast']);
  });

  it('makes a failed finding of a check that breaks, and goes on', async () => {
    const broken = named('broken', () => Promise.reject(new TypeError('a bug')));
    const sound = named('sound', async () => [findingsOf('sound').ok('done')]);
    expect((await findingsFor(valid, [broken, sound])).slice(-2)).toMatchObject([
      { check: 'broken', state: 'failed', detail: 'could not be checked: TypeError: a bug' },
      { check: 'sound', state: 'ok' },
    ]);
  });
});
