import { describe, expect, it } from 'vitest';
import { errorName } from '../domain/errorTrace.ts';
import { unexpectedError } from './unexpectedError.ts';

describe('an unexpected error, as it is told', () => {
  it('has class, code and frames, and no message: nobody knows what it quotes', () => {
    const error = Object.assign(new TypeError('jan@example.pl\n    at the door'), { code: '23505' });
    const told = unexpectedError(error, 'record');
    expect(told).toMatchObject({ name: 'unexpected.error', during: 'record', error: 'TypeError 23505' });
    expect(JSON.stringify(told)).toContain('unexpectedError.test');
    expect(JSON.stringify(told)).not.toContain('jan@example.pl');
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'object'],
    ['text', 'string'],
    [new RangeError('x'), 'RangeError'],
    [{ code: 'E1' }, 'object E1'],
    [Object.assign(new Error('x'), { code: 7 }), 'Error'],
  ])('has a name even for %s', (thrown, name) => {
    expect(errorName(thrown)).toBe(name);
  });
});
