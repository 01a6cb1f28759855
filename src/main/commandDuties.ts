import type { Duties, Settings, StartedService } from '../cli/duties.ts';
import { exitCodes } from '../cli/exitCodes.ts';
import { CommandFailure } from '../cli/failure.ts';
import { adminDuties } from './adminDuties.ts';
import { catalogDuties, signedInToken } from './catalogDuties.ts';
import type { Config } from './config.ts';
import { examine } from './doctor.ts';
import { migrateDatabase } from './migrateDatabase.ts';
import { mailPreviewDuties } from './previewEmail.ts';
import { readConfig } from './readConfig.ts';
import { readMigrationConfig } from './readMigrationConfig.ts';
import { startService } from './startService.ts';
import { startSentinel } from './startSentinel.ts';
import { readSurroundings } from './surroundings.ts';
import { databaseFailure } from './unreachable.ts';
import { markDuties } from './markDuties.ts';
import { shopWebhookDuties } from './shopWebhookDuties.ts';
import { storageDuties } from './storageDuties.ts';
import { createMarkers } from './wireMarkers.ts';
import { createFileStore } from './wireProviders.ts';
import { createReceiptRenderer } from './wireReceipts.ts';

/** What the commands have done, with the real configuration behind it. */
export function commandDuties({ envFile, say }: Settings): Duties {
  const warn = (warnings: readonly string[]) => {
    for (const warning of warnings) say(`warning: ${warning}`);
  };

  function readServiceConfig(): Config {
    const reading = readConfig(readSurroundings(envFile), 'serve');
    if (!reading.ok) throw invalidConfiguration(reading.problems);
    return reading.config;
  }

  return {
    async start(parts) {
      const command = parts.http ? 'serve' : parts.worker ? 'worker' : 'sentinel';
      const reading = readConfig(readSurroundings(envFile), command);
      warn(reading.warnings);
      if (!reading.ok) throw invalidConfiguration(reading.problems);
      const start =
        command === 'sentinel' ? startSentinel(reading.config) : startService(reading.config, parts);
      return start.catch((error: unknown): StartedService => {
        throw startFailure(error);
      });
    },

    async migrate(options) {
      const reading = readMigrationConfig(readSurroundings(envFile));
      warn(reading.warnings);
      if (!reading.ok) throw invalidConfiguration(reading.problems);
      return migrateDatabase({ ...reading, ...options, say });
    },

    examine: (options) => examine({ ...options, reading: readConfig(readSurroundings(envFile), 'doctor') }),

    admin: () =>
      adminDuties({
        env: readSurroundings(envFile).env,
        readServiceConfig,
      }),

    mailPreview: () => mailPreviewDuties(readSurroundings(envFile)),

    catalog: () =>
      catalogDuties({
        readServiceConfig,
        accessTokenFor: signedInToken(readSurroundings(envFile).env),
        markers: createMarkers(),
        createStore: createFileStore,
      }),

    storage: () =>
      storageDuties({
        readServiceConfig,
        accessTokenFor: signedInToken(readSurroundings(envFile).env),
        markers: createMarkers(),
        createStore: createFileStore,
        createRenderer: createReceiptRenderer,
      }),

    marks: () => markDuties(createMarkers()),

    shopWebhook: () => shopWebhookDuties(readServiceConfig),
  };
}

function invalidConfiguration(problems: readonly string[]): CommandFailure {
  const message = `The configuration is not valid (${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}):`;
  return new CommandFailure(message, { exitCode: exitCodes.usage, details: problems });
}

const listenTroubles: Record<string, string> = {
  EADDRINUSE: 'Another program listens there. Stop it, or choose another PORT.',
  EACCES: 'That port is for the administrator alone. Choose a PORT above 1023.',
  EADDRNOTAVAIL: 'This machine has no such address. Choose another HOST.',
};

function startFailure(error: unknown): unknown {
  const { code, syscall, message } = error as NodeJS.ErrnoException;
  const remedy = syscall === 'listen' || syscall === 'bind' ? listenTroubles[code ?? ''] : undefined;
  if (remedy !== undefined)
    return new CommandFailure(`The service cannot listen: ${message}`, { details: [remedy] });
  return databaseFailure(error, 'The database');
}
