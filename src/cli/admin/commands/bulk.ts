import { planBulk, retryFailedBulk } from '../bulk/planBulk.ts';
import { approveBulk, runBulk } from '../bulk/runBulk.ts';
import { watchCommands } from '../bulk/watchBulk.ts';
import type { AdminCommand } from '../command.ts';

export const bulkCommands: readonly AdminCommand[] = [
  planBulk,
  runBulk,
  approveBulk,
  ...watchCommands,
  retryFailedBulk,
];
