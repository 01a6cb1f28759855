import type { HeardSource } from '../mail/heard.ts';
import type { Config } from './config.ts';

/** Where it is heard what became of mails, with this configuration. */
export function heardSourcesOf({ bounces, journal, mailReports }: Config): HeardSource[] {
  const listening: Record<HeardSource, boolean> = {
    bounce_mailbox: bounces !== null,
    journal: journal !== null,
    listmonk_bounces: mailReports.listmonk !== null,
    resend_webhook: mailReports.resend.length > 0,
    novu_webhook: mailReports.novu.length > 0,
  };
  return (Object.keys(listening) as HeardSource[]).filter((source) => listening[source]);
}
