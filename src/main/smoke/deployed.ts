import { createPool } from '../../store/connection.ts';
import type { DeployedOptions } from './deployedOptions.ts';
import { apiMailbox, imapMailbox } from './mailboxes.ts';
import { payByStripe } from './payByStripe.ts';
import type { SmokeTarget } from './target.ts';
import { timelineReader } from './timeline.ts';

/** A service that runs elsewhere, in Stripe's test mode. */
export function deployedTarget(options: DeployedOptions): SmokeTarget {
  const { apiUrl, buyerEmail, mailbox, readerUrl, token } = options;
  const pool =
    readerUrl === null
      ? undefined
      : createPool({ connectionString: readerUrl, applicationName: 'fulfillment-smoke', connectionsMax: 1 });
  return {
    kind: 'deployed',
    apiUrl,
    metricsUrls: options.metricsUrls,
    mailbox:
      'imap' in mailbox ? imapMailbox(mailbox.imap, buyerEmail) : apiMailbox(mailbox.inboxApi, buyerEmail),
    accessToken: () => Promise.resolve(token),
    pay: () => payByStripe({ ...options.stripe, buyerEmail }),
    readTimeline: pool ? timelineReader(pool) : null,
    pollMs: 500,
    lookAt: {
      webhooks:
        'the endpoint’s deliveries in the Stripe Dashboard under Developers → Webhooks, then the log of the service',
      log: 'the log of the worker',
    },
    close: async () => pool?.end(),
  };
}
