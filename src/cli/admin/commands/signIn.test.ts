import { describe, expect, it } from 'vitest';
import { documentOf, problemOf, runOperators } from '../../../../test/builders/commandLine.ts';
import { Fault } from '../../../domain/fault.ts';
import type { DevicePoll } from '../../../ports/staff.ts';

const me = {
  subject: 'auth0|anna',
  name: 'Anna',
  channel: 'cli',
  roles: ['ops_editor'],
  permissions: ['job:retry', 'job:hold'],
};
const code = {
  deviceCode: 'secret-device-code',
  userCode: 'WDJB-MJHT',
  verificationUrl: 'https://id.example/device',
  completeUrl: null,
  expiresInSeconds: 600,
  intervalSeconds: 5,
};
const tokens = { accessToken: 'secret-access', refreshToken: 'secret-refresh', expiresInSeconds: 3_600 };

const login = (polls: Array<DevicePoll | Error>, words = 'login') => {
  const kept: unknown[] = [];
  return runOperators(words, {
    me,
    signIn: {
      start: async () => code,
      async poll(deviceCode) {
        expect(deviceCode).toBe('secret-device-code');
        const next = polls.shift() ?? { kind: 'pending' as const };
        if (next instanceof Error) throw next;
        return next;
      },
      async keep(given) {
        kept.push(given);
        return { file: '/home/anna/sign-ins.json' };
      },
    },
  }).then((ran) => ({ ...ran, kept }));
};

describe('login', () => {
  it('shows page and code, waits as often as it is told to, keeps the tokens and says who you are', async () => {
    const away = new Fault({ kind: 'transient', reason: 'identity_unavailable', message: 'Away.' });
    const ran = await login([{ kind: 'pending' }, { kind: 'slow_down' }, away, { kind: 'issued', tokens }]);
    expect(ran).toMatchObject({ code: 0, kept: [tokens], sleptMs: [5_000, 5_000, 10_000, 15_000] });
    expect(ran.err).toContain('Open https://id.example/device\nand compare the code: WDJB-MJHT');
    expect(ran.out).toContain('Anna: ops_editor');
    expect(ran.out).toContain('job  retry, hold');
    expect(ran.out + ran.err).not.toContain('secret');
  });

  it.each(['denied', 'expired'] as const)('ends with 4 when it is %s', async (kind) => {
    const ran = await login([{ kind }], 'login --json');
    expect(ran).toMatchObject({ code: 4, out: '', kept: [] });
    expect(ran.err).toContain(`sign_in_${kind}`);
  });

  it('gives up when the code has run out', async () => {
    const ran = await login([]);
    expect(ran.code).toBe(4);
    expect(ran.sleptMs.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(600_000);
  });
});

describe('logout and whoami', () => {
  it('forget, and tell', async () => {
    expect(await runOperators('logout')).toMatchObject({ code: 0, out: 'Signed out.\n' });
    const gone = await runOperators('logout --json', { signIn: { forget: async () => false } });
    expect(documentOf(gone)).toEqual({
      schema: 'fulfillment/logout@1',
      apiUrl: 'https://api.books.example',
      forgotten: false,
    });
    expect(documentOf(await runOperators('whoami --json', { me }))).toEqual({
      schema: 'fulfillment/whoami@1',
      ...me,
    });
  });

  it('say what is the matter when the identity provider is away', async () => {
    const away = new Fault({
      kind: 'transient',
      reason: 'identity_unavailable',
      message: 'It cannot be reached.',
    });
    const ran = await runOperators('login --json', { signIn: { start: () => Promise.reject(away) } });
    expect(ran).toMatchObject({ code: 1, out: '' });
    expect(problemOf(ran)).toMatchObject({ kind: 'unavailable', code: 'identity_unavailable' });
  });
});
