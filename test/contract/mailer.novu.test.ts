import { describeMailer } from './mailer.contract.ts';
import { startNovu } from './mailer.novu.harness.ts';

describeMailer('Novu', () => startNovu({ idempotency: true, reportsDeliveries: true }));
describeMailer('Novu without keys and webhooks', () =>
  startNovu({ idempotency: false, reportsDeliveries: false }),
);
