import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { NewAuditEntry } from '../../ports/audit.ts';
import type { OperationRequest, RequestStanding } from '../../ports/operationRequests.ts';
import type { Transaction } from '../../ports/transaction.ts';
import type { AnyOperation, Caller } from './operation.ts';
import { createOperations } from './operations.ts';
import { Refusal } from './refusal.ts';

const editor: Caller = { subject: 'auth0|eve', roles: ['ops_editor'], channel: 'api' };
const input = z.strictObject({ jobId: z.string().describe('The job.'), count: z.int().optional() });

const change = (run: () => Promise<{ id: string }>): Extract<AnyOperation, { change: unknown }> => ({
  kind: 'change',
  name: 'job:retry',
  permission: 'job:retry',
  summary: 'Try again',
  path: '/jobs/:jobId/retry',
  reason: 'required',
  input,
  output: z.strictObject({ id: z.string() }),
  target: ({ jobId }: z.infer<typeof input>) => ({ kind: 'job', id: jobId }),
  change: async () => ({ output: await run(), before: { version: 1 }, after: { version: 2 }, work: true }),
});

/** A frame whose tables are lists. */
function open(operation: AnyOperation, standing: RequestStanding = { kind: 'new' }) {
  const rows: NewAuditEntry[] = [];
  const refused: Array<Omit<NewAuditEntry, 'result'>> = [];
  const finished: OperationRequest[] = [];
  let announced = 0;
  const write = async (entry: NewAuditEntry) => ({ seq: rows.push(entry), hash: new Uint8Array(32) });
  const operations = createOperations({
    operations: [operation],
    inTransaction: (work) => work({} as Transaction),
    requests: {
      begin: async () => standing,
      finish: async (_tx, request) => void finished.push(request),
    },
    audit: { append: (_tx, entry) => write(entry), record: write },
    refusals: { refused: async (attempt) => (refused.push(attempt), 'written') },
    sha256: (bytes) => bytes,
    newId: () => 'made-up',
    announce: () => void (announced += 1),
  });
  const ask = (given: unknown, asked = {}) =>
    operations.ask('job:retry', { caller: editor, reason: 'ticket 7', input: given, ...asked });
  return { ask, rows, refused, finished, announced: () => announced };
}

const refusalOf = (asking: Promise<unknown>) =>
  asking.then(
    () => expect.fail('not refused'),
    (error: unknown) => {
      if (error instanceof Refusal) return error;
      throw error;
    },
  );

describe('a change that is asked for', () => {
  it('is audited, remembered, and announced once it is committed', async () => {
    const frame = open(change(async () => ({ id: 'j1' })));
    const answer = await frame.ask({ jobId: 'j1' }, { requestId: 'r1' });
    expect(answer).toEqual({ output: { id: 'j1' }, auditSeq: 1, repeated: false });
    expect(frame.rows).toMatchObject([
      { actor: 'auth0|eve', action: 'job:retry', result: 'done', reason: 'ticket 7', requestId: 'r1' },
    ]);
    expect(frame.finished).toHaveLength(1);
    expect(frame.announced()).toBe(1);
  });

  it.each([
    ['an unknown field', { jobId: 'j1', force: true }, {}, 'force'],
    ['a wrong type', { jobId: 7 }, {}, 'jobId'],
    ['nothing at all', undefined, {}, 'jobId'],
    ['a text that cannot be stored', { jobId: 'j\0' }, {}, 'jobId'],
    ['no reason', { jobId: 'j1' }, { reason: '  ' }, 'reason'],
    ['a reason without end', { jobId: 'j1' }, { reason: 'x'.repeat(1_001) }, 'reason'],
    ['a reason with an address in it', { jobId: 'j1' }, { reason: 'Żaneta <z@d.example> called' }, 'reason'],
    ['a request id that is an address', { jobId: 'j1' }, { requestId: 'z@d.example' }, 'requestId'],
    ['a reason with NUL', { jobId: 'j1' }, { reason: 'a\0b' }, 'reason'],
    ['a request id with a line break', { jobId: 'j1' }, { requestId: 'a\r\nb' }, 'requestId'],
    ['a request id without end', { jobId: 'j1' }, { requestId: 'x'.repeat(201) }, 'requestId'],
  ])('is refused with %s, naming the field', async (_what, given, asked, field) => {
    const frame = open(change(async () => expect.fail('carried out')));
    expect(await refusalOf(frame.ask(given, asked))).toMatchObject({ kind: 'invalid_input', field });
    expect(frame.rows).toEqual([]);
  });

  it('by somebody who may not is refused before anything of it is looked at, and written down', async () => {
    const frame = open(change(async () => expect.fail('carried out')));
    const caller: Caller = { ...editor, roles: ['ops_viewer', 'ops_finance'] };
    const refusal = await refusalOf(frame.ask({ nonsense: true }, { caller }));
    expect(refusal).toMatchObject({ kind: 'not_allowed', remedy: expect.stringContaining('ops_editor') });
    expect(frame.refused).toMatchObject([
      { action: 'job:retry', target: null, details: { code: 'not_allowed' } },
    ]);
  });

  it('that breaks off is written down as failed, with the kind of error and not its words', async () => {
    const frame = open(
      change(async () => {
        throw new TypeError('anna@readers.example is not a function');
      }),
    );
    await expect(frame.ask({ jobId: 'j1' })).rejects.toThrow(TypeError);
    expect(frame.rows).toMatchObject([{ result: 'failed', details: { code: 'TypeError' } }]);
    expect(JSON.stringify(frame.rows)).not.toContain('anna');
    expect(frame.announced()).toBe(0);
  });

  describe('with an effect outside', () => {
    const mailing = (carryOut: () => Promise<string>): AnyOperation => ({
      ...change(() => expect.fail('without the effect')),
      outside: {
        lastsMaxMs: 60_000,
        begin: async () => ({ after: { begun: 'd1' }, carryOut }),
      },
      change: async (_tx: Transaction, _input: unknown, _by: unknown, seen: unknown) => ({
        output: { id: seen },
        before: {},
        after: {},
      }),
    });

    it('is audited before it is carried out, and again with what came of it', async () => {
      const frame = open(
        mailing(async () => {
          expect(frame.rows).toMatchObject([
            { action: 'job:retry:begin', result: 'done', after: { begun: 'd1' }, requestId: 'r1' },
          ]);
          expect(frame.finished).toEqual([]);
          return 'mailed';
        }),
      );
      expect(await frame.ask({ jobId: 'j1' }, { requestId: 'r1' })).toMatchObject({
        output: { id: 'mailed' },
      });
      expect(frame.rows.map(({ action }) => action)).toEqual(['job:retry:begin', 'job:retry']);
      expect(frame.finished).toHaveLength(1);
    });

    it.each([
      ['is under way', { kind: 'begun', forMs: 59_999 }, 'request_under_way'],
      ['was cut off', { kind: 'begun', forMs: 60_000 }, 'request_cut_off'],
      ['was for something else', { kind: 'other' }, 'request_id_reused'],
    ] as const)('is not carried out when its request %s', async (_what, standing, code) => {
      const frame = open(
        mailing(() => expect.fail('carried out')),
        standing,
      );
      expect(await refusalOf(frame.ask({ jobId: 'j1' }, { requestId: 'r1' }))).toMatchObject({ code });
      expect(frame.rows).toEqual([]);
    });

    it('gives the first answer again', async () => {
      const answered = { kind: 'answered', outcome: { id: 'mailed' }, auditSeq: 7 } as const;
      const frame = open(
        mailing(() => expect.fail('carried out')),
        answered,
      );
      expect(await frame.ask({ jobId: 'j1' }, { requestId: 'r1' })).toEqual({
        output: { id: 'mailed' },
        auditSeq: 7,
        repeated: true,
      });
    });
  });

  it('is not known by any other name', async () => {
    const { kind } = await refusalOf(
      open(change(async () => ({ id: '' })))
        .ask({}, {})
        .then(() => 0),
    );
    expect(kind).toBe('invalid_input');
    expect(() =>
      createOperations({
        operations: [change(async () => ({ id: '' })), change(async () => ({ id: '' }))],
      } as never),
    ).toThrow('two operations job:retry');
  });
});
