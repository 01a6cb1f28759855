import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../readConfig.ts';
import { writeEnvironmentFile } from './environmentFile.ts';
import { sandboxConfig } from './sandboxConfig.ts';
import { sandboxSecrets } from './secrets.ts';

const ports = {
  api: 4001,
  shop: 4002,
  identity: 4003,
  stripe: 4004,
  smtp: 4005,
  imap: 4006,
  inbox: 4007,
  analytics: 4008,
  resend: 4009,
};

describe('the file of variables that the sandbox leaves', () => {
  it.each([false, true])(
    'says the same as its configuration (second mail provider: %s)',
    async (fallBackMail) => {
      const dataDirectory = await mkdtemp(path.join(os.tmpdir(), 'sandbox-env-'));
      const config = sandboxConfig({
        dataDirectory,
        ports,
        secrets: await sandboxSecrets(dataDirectory),
        issuer: 'http://127.0.0.1:4003',
        databaseUrl: (role) => `postgres://${role}:secret@127.0.0.1:4010/fulfillment`,
        fallBackMail,
      });
      const file = await writeEnvironmentFile(config, dataDirectory);
      expect((await stat(file)).mode & 0o077).toBe(0);
      const reading = readConfig(
        {
          env: parseEnv(await readFile(file, 'utf8')),
          readFile: () => '',
          now: new Date('2026-11-22T10:00:00Z'),
          processName: () => config.worker.name,
        },
        'serve',
      );
      if (!reading.ok) throw new Error(reading.problems.join('\n'));
      // What no command beside the service depends on may be as it is anywhere else.
      const same = ({ database, copies, mail, journal, linkKeys, ...rest }: typeof config) => ({
        ...rest,
        mailBrake: null,
        waitForSessionMs: 0,
        database: { ...database, connectionsMax: 0, namedStatements: true },
        copies: copies.kept,
        mail: mail.providers,
        journal: { ...journal, lagMs: 0 },
        linkKeys: linkKeys.map((key) => Buffer.from(key).toString('hex')),
      });
      expect(same(reading.config)).toEqual(same(config));
      await rm(dataDirectory, { recursive: true });
    },
  );
});
