import { describe, expect, it } from 'vitest';
import { readConfig } from '../readConfig.ts';
import { variableNames, variables } from '../variables.ts';

const examples = Object.fromEntries(variableNames.map((name) => [name, variables[name].example]));
const staffNames = variableNames.filter((name) => name.startsWith('STAFF_'));
const none = Object.fromEntries(staffNames.map((name) => [name, undefined]));

function read(changes: Record<string, string | undefined>, command: 'serve' | 'worker' = 'serve') {
  const env = { ...examples, ...changes };
  return readConfig(
    { env, readFile: () => '', now: new Date('2026-11-22'), processName: () => 'test' },
    command,
  );
}
const problemsOf = (changes: Record<string, string | undefined>) => {
  const reading = read(changes);
  return reading.ok ? [] : reading.problems;
};
const staffOf = (changes: Record<string, string | undefined>, command: 'serve' | 'worker' = 'serve') => {
  const reading = read(changes, command);
  if (!reading.ok) throw new Error(reading.problems.join('\n'));
  return reading.config.staff;
};
const three = {
  STAFF_OIDC_ISSUER: 'https://staff.example/',
  STAFF_OIDC_AUDIENCE: 'https://admin.example',
  STAFF_OIDC_CLIENT_ID: 'console',
};

describe('the variables of staff', () => {
  it('may all be missing: then nobody of the staff comes in', () => {
    expect(staffOf(none)).toBeNull();
  });

  it('are three at least; what is not said is strict', () => {
    expect(staffOf({ ...none, ...three })).toEqual({
      issuer: 'https://staff.example/',
      audience: 'https://admin.example',
      clientId: 'console',
      clientSecret: null,
      cliClientId: 'console',
      otherClientIds: [],
      rolesClaim: 'https://fulfillment/roles',
      methodsClaims: ['amr', 'https://fulfillment/amr'],
      mfaRequired: true,
      mfaMethods: ['mfa'],
    });
  });

  it.each(Object.keys(three))('are a mistake without %s', (name) => {
    expect(problemsOf({ ...none, ...three, [name]: undefined })).toEqual([
      expect.stringContaining(`${name} is missing, though`),
    ]);
  });

  it.each(staffNames)('are a mistake with %s alone', (name) => {
    expect(problemsOf({ ...none, [name]: variables[name].example }).length).toBeGreaterThan(1);
  });

  it('need the database of staff', () => {
    expect(problemsOf({ ...none, ...three, DATABASE_URL_OPERATIONS: undefined })).toEqual([
      expect.stringContaining('DATABASE_URL_OPERATIONS is missing, though STAFF_OIDC_ISSUER is set'),
    ]);
  });

  it('demand a second factor where money is real', () => {
    const careless = { ...none, ...three, STAFF_MFA_REQUIRED: 'false' };
    expect(problemsOf({ ...careless, STRIPE_SECRET_KEY: `sk_live_${'a'.repeat(24)}` })).toContainEqual(
      expect.stringContaining('STAFF_MFA_REQUIRED must not be false'),
    );
    expect(problemsOf({ ...careless, STRIPE_SECRET_KEY: `sk_test_${'a'.repeat(24)}` })).toEqual([]);
  });

  it('never share the buyers’ audience, nor name the client as one', () => {
    const buyers = examples['OIDC_AUDIENCE'];
    expect(problemsOf({ ...none, ...three, STAFF_OIDC_AUDIENCE: buyers })).toEqual([
      expect.stringContaining('must not be OIDC_AUDIENCE'),
    ]);
    expect(problemsOf({ ...none, ...three, STAFF_OIDC_AUDIENCE: 'console' })).toEqual([
      expect.stringContaining('must not be STAFF_OIDC_CLIENT_ID'),
    ]);
  });

  it('are of no interest to a worker', () => {
    expect(staffOf({ STAFF_OIDC_AUDIENCE: undefined }, 'worker')).toBeNull();
  });
});
