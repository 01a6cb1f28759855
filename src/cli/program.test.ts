import { describe, expect, it } from 'vitest';
import type { Duties, Finding, MigrationReport, Settings } from './duties.ts';
import { CommandFailure } from './failure.ts';
import { runCommandLine } from './run.ts';
import type { SignalSource } from './interruption.ts';
import { createTerminal } from './terminal.ts';

const migrated: MigrationReport = {
  applied: ['1_a.sql'],
  alreadyThere: 2,
  passwordsSet: [],
  passwordsMissing: [],
};

type GivenDuties = Partial<Duties> | ((interrupt: () => void) => Partial<Duties>);

/** Runs one command line with duties that do nothing unless told. */
async function run(line: string, duties: GivenDuties = {}) {
  let [out, err] = ['', ''];
  const settings: Settings[] = [];
  const exits: number[] = [];
  const listeners = new Set<() => void>();
  const interrupt = () => {
    for (const listener of [...listeners]) listener();
  };
  const signals: SignalSource = {
    on: (signal, listener) => signal === 'SIGINT' && listeners.add(listener),
    off: (_signal, listener) => listeners.delete(listener),
  };
  const code = await runCommandLine(line.split(' ').filter(Boolean), {
    version: '1.2.3',
    terminal: createTerminal({
      stdout: { write: (text: string) => Boolean((out += text)) },
      stderr: { write: (text: string) => Boolean((err += text)) },
      env: {},
    }),
    signals,
    exit: (exitCode) => exits.push(exitCode),
    environmentText: () => 'PORT=8080\n',
    surroundings: {
      asking: { interactive: false, ask: async () => undefined },
      now: () => new Date(0),
      sleep: async () => undefined,
      newId: () => 'id',
      writeFile: async () => undefined,
      readFile: async () => '',
    },
    dutiesFor(given) {
      settings.push(given);
      return {
        start: () => Promise.reject(new Error('not expected')),
        migrate: async () => migrated,
        examine: async () => undefined,
        admin: () => expect.fail('not expected'),
        mailPreview: () => expect.fail('not expected'),
        catalog: () => expect.fail('not expected'),
        storage: () => expect.fail('not expected'),
        marks: () => expect.fail('not expected'),
        shopWebhook: () => expect.fail('not expected'),
        ...(typeof duties === 'function' ? duties(interrupt) : duties),
      };
    },
  });
  return { code, out, err, settings, exits, listeners };
}

const finding = (check: string, state: Finding['state'], remedy?: string): Finding => ({
  check,
  state,
  detail: `${check} is ${state}`,
  ...(remedy === undefined ? {} : { remedy }),
});

describe('the command line', () => {
  it('prints its version as data', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, out: '1.2.3\n', err: '' });
  });

  it('prints help as data when asked, with examples and exit codes', async () => {
    const { code, out } = await run('--help');
    expect(code).toBe(0);
    for (const text of ['serve', 'worker', 'migrate', 'doctor', 'Examples:', '130  interrupted'])
      expect(out).toContain(text);
  });

  it.each([
    ['', 'Usage:'],
    ['serv', 'Did you mean serve?'],
    ['serve --port 80', "unknown option '--port'"],
    ['doctor --send-test', 'argument missing'],
    ['migrate now', 'too many arguments'],
  ])('says on standard error what is wrong with “%s” and ends with 2', async (line, words) => {
    const { code, out, err } = await run(line);
    expect(code).toBe(2);
    expect(err).toContain(words);
    expect(out).toBe('');
  });

  it('gives the name of an env file to the duties', async () => {
    const { settings } = await run('--env /etc/fulfillment.env migrate');
    expect(settings[0]?.envFile).toBe('/etc/fulfillment.env');
  });

  it('prints all variables', async () => {
    expect(await run('environment')).toMatchObject({ code: 0, out: 'PORT=8080\n' });
  });

  it('shows a failure with its details and ends with its code', async () => {
    const start = () =>
      Promise.reject(new CommandFailure('Not valid:', { exitCode: 2, details: ['PORT is missing.'] }));
    expect(await run('serve', { start })).toMatchObject({
      code: 2,
      out: '',
      err: 'error: Not valid:\n  PORT is missing.\n',
    });
  });

  it('shows where an unexpected error came from and ends with 1', async () => {
    const { code, err } = await run('migrate', { migrate: () => Promise.reject(new Error('a bug')) });
    expect(code).toBe(1);
    expect(err).toMatch(/error: Error: a bug\n\s+at .*program\.test/);
  });
});

describe('serve and worker', () => {
  it.each([
    ['serve', { http: true, worker: true }],
    ['serve --no-worker', { http: true, worker: false }],
    ['worker', { http: false, worker: true }],
  ])('%s starts its parts, and stops them when it is interrupted', async (line, parts) => {
    const calls: unknown[] = [];
    const { code, out, listeners } = await run(line, (interrupt) => ({
      async start(given) {
        calls.push(given);
        interrupt();
        return { stop: async () => void calls.push('stopped') };
      },
    }));
    expect(code).toBe(0);
    expect(calls).toEqual([parts, 'stopped']);
    expect(out).toBe('');
    expect(listeners.size).toBe(0);
  });

  it('say where they listen', async () => {
    const { err } = await run('serve', (interrupt) => ({
      async start() {
        interrupt();
        return { address: 'http://127.0.0.1:8080', stop: async () => undefined };
      },
    }));
    expect(err).toContain('Listening on http://127.0.0.1:8080.');
  });
});

describe('migrate', () => {
  it('prints what was applied and says how much was there', async () => {
    const { code, out, err } = await run('migrate');
    expect({ code, out }).toEqual({ code: 0, out: '1_a.sql\n' });
    expect(err).toBe('1 migration applied, 2 there before.\n');
  });

  it('says that a dry run changed nothing', async () => {
    const asked: unknown[] = [];
    const migrate: Duties['migrate'] = async (options) => {
      asked.push(options);
      return migrated;
    };
    const { err } = await run('migrate -n', { migrate });
    expect(asked).toEqual([{ dryRun: true, setPasswords: false }]);
    expect(err).toContain('1 migration would be applied');
    expect(err).toContain('Nothing was changed.');
  });

  it('says who got a password and who did not', async () => {
    const report = {
      ...migrated,
      passwordsSet: ['fulfillment_worker'],
      passwordsMissing: ['DATABASE_URL_SHELF'],
    };
    const { err } = await run('migrate --set-passwords', { migrate: async () => report });
    expect(err).toContain('Passwords set: fulfillment_worker.');
    expect(err).toContain('No password for want of DATABASE_URL_SHELF.');
  });
});

describe('doctor', () => {
  const examine = (...findings: Finding[]): Partial<Duties> => ({
    examine: async ({ onFinding }) => findings.forEach((one) => onFinding(one)),
  });

  it('prints one line per finding, with its remedy below, and ends with 0 when none failed', async () => {
    const { code, out, err } = await run(
      'doctor',
      examine(finding('smtp', 'ok'), finding('clock', 'warning', 'Use NTP.')),
    );
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual([
      'ok smtp smtp is ok',
      'warning clock clock is warning',
      '→ Use NTP.',
      '',
    ]);
    expect(err).toBe('1 ok, 0 to note, 1 to look at, 0 failed.\n');
  });

  it.each([
    ['smtp', 7],
    ['configuration', 2],
  ])('ends with its own code when %s failed', async (check, code) => {
    expect((await run('doctor', examine(finding(check, 'failed'), finding('x', 'ok')))).code).toBe(code);
  });

  it('prints one JSON document and nothing else with --json', async () => {
    const { code, out } = await run('doctor --json', examine(finding('smtp', 'failed', 'Look.')));
    expect(code).toBe(7);
    expect(JSON.parse(out)).toEqual({
      schema: 'fulfillment.doctor/1',
      ok: false,
      findings: [{ check: 'smtp', state: 'failed', detail: 'smtp is failed', remedy: 'Look.' }],
    });
  });

  it('passes the address of a test mail on, and through whom it goes', async () => {
    const asked: unknown[] = [];
    await run('doctor --send-test a@b.example', {
      examine: async ({ sendTestTo, sendTestVia }) => void asked.push([sendTestTo, sendTestVia]),
    });
    await run('doctor --send-test a@b.example --send-test-via resend', {
      examine: async ({ sendTestTo, sendTestVia }) => void asked.push([sendTestTo, sendTestVia]),
    });
    expect(asked).toEqual([
      ['a@b.example', undefined],
      ['a@b.example', 'resend'],
    ]);
  });
});
