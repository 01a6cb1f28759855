import type { AdminCommand } from './command.ts';
import { alertCommands } from './commands/alerts.ts';
import { auditCommands } from './commands/audit.ts';
import { bulkCommands } from './commands/bulk.ts';
import { catalogCommands } from './commands/catalog.ts';
import { catchUpCommands } from './commands/catchUp.ts';
import { evidenceCommand } from './commands/evidence.ts';
import { failureCommands } from './commands/failures.ts';
import { heldMailCommands, restoreModeCommands } from './commands/heldMail.ts';
import { mailCommands } from './commands/mail.ts';
import { orderCommands } from './commands/orders.ts';
import { peopleCommands } from './commands/people.ts';
import { providerCommands } from './commands/providers.ts';
import { slaCommands } from './commands/sla.ts';
import { signInCommands } from './commands/signIn.ts';
import { staffCommands } from './commands/staff.ts';
import { statusCommand } from './commands/status.ts';
import { storageCommands } from './commands/storage.ts';
import { verifyCommand } from './commands/verify.ts';
import { webhookCommands } from './commands/webhooks.ts';

/** Everything operators can do here, in the order of the help. */
export const adminCommands: readonly AdminCommand[] = [
  ...signInCommands,
  statusCommand,
  ...slaCommands,
  ...orderCommands,
  evidenceCommand,
  ...peopleCommands,
  ...failureCommands,
  ...bulkCommands,
  ...catalogCommands,
  ...storageCommands,
  verifyCommand,
  ...webhookCommands,
  ...catchUpCommands,
  ...providerCommands,
  ...mailCommands,
  ...heldMailCommands,
  ...restoreModeCommands,
  ...alertCommands,
  ...auditCommands,
  ...staffCommands,
];
