import { describe, expect, it } from 'vitest';
import { completeSearch } from './complete.ts';
import { parseSearch } from './parse.ts';

const vocabulary = { steps: ['email', 'storage'], reasons: ['timeout'], providers: ['stripe', 'crm eu'] };

function texts(text: string, cursor = text.length): string[] {
  const { from, candidates } = completeSearch(text, cursor, vocabulary);
  return candidates.map((candidate) => text.slice(0, from) + candidate.text);
}

describe('completion', () => {
  it('offers qualifiers for the word at the cursor, negated or not', () => {
    expect(texts('pi_1 st')).toEqual(['pi_1 status:', 'pi_1 step:']);
    expect(texts('-ha')).toEqual(['-has:']);
    expect(texts('')).toHaveLength(8);
  });

  it('offers the values of a qualifier, one after the other', () => {
    expect(texts('status:pending_')).toEqual([
      'status:pending_retry',
      'status:pending_email',
      'status:pending_storage',
    ]);
    expect(texts('-step:email,st')).toEqual(['-step:email,storage']);
    expect(texts('provider:c')).toEqual(['provider:"crm eu"']);
  });

  it('looks at what stands before the cursor alone', () => {
    expect(texts('sta anna', 3)).toEqual(['status:']);
  });

  it('offers nothing for a qualifier that does not exist', () => {
    expect(texts('colour:r')).toEqual([]);
  });

  it('offers only what can be read', () => {
    for (const name of ['status', 'step', 'reason', 'provider', 'age', 'amount', 'created', 'has']) {
      for (const text of texts(`${name}:`))
        expect(parseSearch(text, vocabulary), text).toMatchObject({ ok: true });
    }
  });
});
