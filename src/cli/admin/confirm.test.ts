import { describe, expect, it } from 'vitest';
import { documentOf, problemOf, runOperators } from '../../../test/builders/commandLine.ts';
import { AdminProblem } from './adminClient.ts';

const operations = {
  'provider:resume': { provider: 'smtp', wasPausedUntil: '2026-11-22T11:00:00.000Z' },
  'provider:pause': { provider: 'smtp', pausedUntil: '2026-11-22T10:30:00.000Z', wasPaused: false },
};
const rows = [{ name: 'provider:pause', reason: 'required' as const }];
const resume = 'providers resume smtp';
const pause = ['providers', 'pause', 'smtp', '--ttl', '30m', '--reason', 'it drops mail'];

describe('a change', () => {
  it('is made after a yes, and nothing but its result goes to standard output', async () => {
    const ran = await runOperators(resume, { operations, typed: ['y'] });
    expect(ran).toMatchObject({ code: 0, out: 'smtp is not paused any more.\n', closed: 1 });
    expect(ran.questions).toEqual(['This would let calls to smtp go on. Do it? [y/N] ']);
    expect(ran.asked).toEqual([
      { name: 'provider:resume', input: { provider: 'smtp' }, requestId: 'request-1' },
    ]);
  });

  it.each([['n'], [''], [undefined]])('is not made after %j', async (answer) => {
    const ran = await runOperators(resume, { operations, typed: [answer] });
    expect(ran).toMatchObject({ code: 5, out: '', asked: [] });
    expect(ran.err).toContain('Not confirmed: nothing was done.');
  });

  it('is never asked about where nobody could answer, and says which flag to give', async () => {
    const ran = await runOperators(resume, { operations });
    expect(ran).toMatchObject({ code: 5, out: '', asked: [], questions: [] });
    expect(ran.err).toContain('add --yes');
  });

  it('is never asked about with --json, even on a terminal', async () => {
    const ran = await runOperators(`${resume} --json`, { operations, typed: ['y'], isTerminal: true });
    expect(ran).toMatchObject({ code: 5, out: '', asked: [], questions: [] });
    expect(problemOf(ran)).toMatchObject({
      schema: 'fulfillment/problem@1',
      code: 'needs_confirmation',
      exitCode: 5,
    });
  });

  it('is made without a question with --yes, and the document says how it is proved', async () => {
    const ran = await runOperators(`${resume} --json --yes --request-id once`, { operations });
    expect(documentOf(ran)).toEqual({
      schema: 'fulfillment/providers-resume@1',
      ...operations['provider:resume'],
      requestId: 'once',
      auditSeq: 7,
      repeated: false,
    });
    expect(ran).toMatchObject({ code: 0, err: '' });
  });

  it('is only told with --dry-run', async () => {
    const ran = await runOperators(`${resume} --dry-run`, { operations });
    expect(ran).toMatchObject({ code: 0, out: 'This would let calls to smtp go on.\n', asked: [] });
    const json = await runOperators(`${resume} -n --json`, { operations });
    expect(documentOf(json)).toMatchObject({
      schema: 'fulfillment/dry-run@1',
      operation: 'provider:resume',
      input: { provider: 'smtp' },
    });
  });
});

describe('a change that needs more than a yes', () => {
  it('is made when its name was typed', async () => {
    const ran = await runOperators(pause, { operations, rows, typed: ['smtp'] });
    expect(ran.code).toBe(0);
    expect(ran.asked[0]).toMatchObject({
      input: { provider: 'smtp', minutes: 30 },
      reason: 'it drops mail',
    });
    expect(ran.out).toBe('smtp is paused until 2026-11-22 10:30:00 UTC (in 30m).\n');
  });

  it.each([['y'], ['yes'], ['Smtp']])('is not made when %s was typed', async (answer) => {
    expect(await runOperators(pause, { operations, rows, typed: [answer] })).toMatchObject({
      code: 5,
      asked: [],
    });
  });

  it('is not made by --yes alone, but by --confirm with the value', async () => {
    const yes = await runOperators([...pause, '--yes'], { operations, rows });
    expect(yes).toMatchObject({ code: 5, asked: [] });
    expect(yes.err).toContain('add --confirm=smtp');
    expect((await runOperators([...pause, '--confirm=stripe'], { operations, rows })).code).toBe(5);
    expect((await runOperators([...pause, '--confirm=smtp'], { operations, rows })).code).toBe(0);
  });

  it('wants a reason: asks for it on a terminal, ends with 2 elsewhere', async () => {
    const without = pause.slice(0, 5);
    const asked = await runOperators(without, { operations, rows, typed: ['it drops mail', 'smtp'] });
    expect(asked.asked[0]).toMatchObject({ reason: 'it drops mail' });
    const ran = await runOperators([...without, '--confirm=smtp'], { operations, rows });
    expect(ran).toMatchObject({ code: 2, asked: [] });
    expect(ran.err).toContain('--reason');
  });
});

describe('a problem', () => {
  it.each([
    ['invalid_input', 2],
    ['not_found', 3],
    ['not_signed_in', 4],
    ['not_allowed', 4],
    ['changed', 5],
    ['wrong_state', 1],
    ['request_id_reused', 2],
    ['too_many', 1],
    ['unavailable', 1],
    ['unexpected', 1],
  ] as const)('of kind %s ends with %d, and is told in words or as a document', async (kind, code) => {
    const problem = new AdminProblem({
      kind,
      code: 'a_code',
      detail: 'It cannot be.',
      remedy: 'Do this.',
      changes: [{ at: '2026-11-22T09:59:00Z', what: 'job.failed by \u001b[31mworker' }],
    });
    const given = { operations: { 'provider:resume': problem } };
    const ran = await runOperators(`${resume} --yes`, given);
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).toBe(
      'error: It cannot be.\n  2026-11-22T09:59:00Z  job.failed by \\x1b[31mworker\n  Do this.\n',
    );
    const json = await runOperators(`${resume} --yes --json`, given);
    expect(json).toMatchObject({ code, out: '' });
    expect(problemOf(json)).toMatchObject({ kind, code: 'a_code', remedy: 'Do this.', exitCode: code });
  });

  it('of usage is a document too', async () => {
    const ran = await runOperators('providers pause --json', { operations });
    expect(ran).toMatchObject({ code: 2, out: '' });
    expect(problemOf(ran)).toMatchObject({
      kind: 'usage',
      detail: expect.stringContaining('--ttl'),
      exitCode: 2,
    });
  });

  it('names no stack when the answer is not understood', async () => {
    const ran = await runOperators('providers list', { operations: { 'provider:list': { providers: 7 } } });
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(ran.err).toContain('The answer to provider:list cannot be shown: providers is not as expected.');
  });
});
