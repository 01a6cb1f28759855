import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import type { AlertSpool } from '../ports/alertDelivery.ts';

const told = z.object({ reference: z.string().nullable() });
const spooled = z.object({
  since: z.iso.datetime(),
  told: z.object({ pagerduty: told, slack: told }).partial(),
});

/** What was told without the database, in a file of a directory that is there. One that cannot be understood is as good as none. */
export function createSpoolFile(file: string): AlertSpool {
  return {
    async read() {
      const text = await readFile(file, 'utf8').catch(() => undefined);
      if (text === undefined) return null;
      try {
        const { since, told: who } = spooled.parse(JSON.parse(text));
        return {
          since,
          told: {
            ...(who.pagerduty && { pagerduty: who.pagerduty }),
            ...(who.slack && { slack: who.slack }),
          },
        };
      } catch {
        return null;
      }
    },
    async write(alert) {
      // Whole or not at all: half a file would be none.
      const beside = `${file}.${process.pid}`;
      await writeFile(beside, JSON.stringify(alert), { mode: 0o600 });
      await rename(beside, file);
    },
    clear: () => rm(file, { force: true }),
  };
}
