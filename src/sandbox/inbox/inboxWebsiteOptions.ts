import type { MailStore } from './mailStore.ts';
import type { SmtpFault } from './smtpFaults.ts';

export type InboxWebsiteOptions = {
  store: MailStore;
  faults: { current(): SmtpFault; set(fault: SmtpFault): Promise<void> };
};
