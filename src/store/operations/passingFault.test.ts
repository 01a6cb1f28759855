import { describe, expect, it } from 'vitest';
import { Fault } from '../../domain/fault.ts';
import { Refusal } from '../../operations/frame/refusal.ts';
import { passingFault } from './passingFault.ts';

const coded = (code: string) => Object.assign(new Error('told by Postgres or Node'), { code });

describe('an error of the database', () => {
  it.each(['57P01', '08006', '53300', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'])(
    '%s passes: the database is away',
    (code) => {
      expect(passingFault(coded(code))).toMatchObject({ kind: 'transient', reason: 'database_unavailable' });
    },
  );

  it.each([
    'Connection terminated unexpectedly',
    'Query read timeout',
    'timeout exceeded when trying to connect',
  ])('without a code passes as well: %s', (message) => {
    expect(passingFault(new Error(message))).toMatchObject({ reason: 'database_unavailable' });
  });

  it.each(['40P01', '40001', '55P03', '57014'])('%s passes: others were in the way', (code) => {
    expect(passingFault(coded(code))).toMatchObject({ kind: 'transient', reason: 'conflict' });
  });

  it('keeps what it was for whoever looks for the cause', () => {
    const error = coded('40P01');
    expect(passingFault(error)).toMatchObject({ cause: error });
    expect((passingFault(error) as Fault).message).not.toContain('told by');
  });

  it.each([
    ['a mistake in a statement', coded('42703')],
    ['a rule of the tables', coded('23505')],
    ['a refusal', new Refusal({ kind: 'wrong_state', code: 'timeout', detail: 'timeout' })],
    ['a fault', new Fault({ kind: 'permanent', reason: 'x', message: 'timeout' })],
    ['a bug', new TypeError('timeout is not a function')],
    ['a schema that does not fit', Object.assign(new Error('terminated'), { name: 'ZodError' })],
    ['no error at all', 'timeout'],
  ])('that is %s stays as it is', (_what, error) => {
    expect(passingFault(error)).toBe(error);
  });
});
