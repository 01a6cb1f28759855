import { describe, expect, it } from 'vitest';
import { methodsIn, personIn, rolesIn } from './claims.ts';

const claim = 'https://fulfillment/roles';

describe('the roles that a token claims', () => {
  it('are those we know, in our order, each once', () => {
    const claims = { [claim]: ['ops_admin', 'ops_viewer', 'ops_admin', 'ops_root', ''] };
    expect(rolesIn(claims, claim)).toEqual(['ops_viewer', 'ops_admin']);
  });

  it.each<unknown>([
    undefined,
    null,
    'ops_admin',
    'ops_viewer ops_admin',
    { 0: 'ops_admin', length: 1 },
    ['ops_admin', 1],
    [['ops_admin']],
    ['OPS_ADMIN'],
    ['ops_admin '],
    ['ops_admin\0'],
    ['оps_admin'],
    true,
    1,
  ])('are none in %j', (value) => {
    expect(rolesIn({ [claim]: value }, claim)).toEqual([]);
  });

  it('are not inherited from what every object has', () => {
    expect(rolesIn(Object.create({ [claim]: ['ops_admin'] }) as object as never, claim)).toEqual([]);
    expect(rolesIn({}, '__proto__')).toEqual([]);
  });
});

describe('how somebody signed in', () => {
  const names = ['amr', 'https://fulfillment/amr'];

  it('is said by the first claim that is there', () => {
    expect(methodsIn({ 'https://fulfillment/amr': ['mfa'] }, names)).toEqual(['mfa']);
    expect(methodsIn({ amr: ['pwd'], 'https://fulfillment/amr': ['mfa'] }, names)).toEqual(['pwd']);
  });

  it.each<unknown>(['mfa', ['mfa', 1], ['mfa\n'], [['mfa']], Array(21).fill('mfa'), null])(
    'is not said by %j',
    (amr) => {
      expect(methodsIn({ amr }, names)).toEqual([]);
    },
  );
});

describe('what staff are called', () => {
  it('is taken as it is, without blanks around it', () => {
    expect(personIn({ name: ' Ada Admin ', email: 'ada@staff.example' })).toEqual({
      name: 'Ada Admin',
      email: 'ada@staff.example',
    });
  });

  it.each<unknown>(['', ' ', 'a\nb', 'a\u202eb', 'x'.repeat(201), 7, null])(
    'is nothing when it is %j',
    (name) => {
      expect(personIn({ name, email: name })).toEqual({ name: null, email: null });
    },
  );
});
