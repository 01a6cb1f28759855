/** Every mail that a buyer may get, as it is called where it can be looked at, with one line of what it is. */
export const mailTemplates = {
  receipt: 'at once after a purchase: download links, shelf, receipt',
  receipt_preparing: 'the same while the copies are being made',
  files_ready: 'only when files were late: the links that work now',
  granted: 'a book was given: its links',
  new_links: 'staff has sent new links; the old ones have ended',
  new_version: 'a book that the buyer owns has a new version: its links',
  address_changed: 'to the old address, when the address of an order was corrected',
  refund: 'money was sent back: how much, what it takes, the credit note',
  refund_kept: 'the same where all books stay',
  refund_failed: 'the bank returned the refund: what was taken is back',
  access_ended: 'the payment was returned or is disputed',
  access_restored: 'the payment is settled after all: fresh links, receipt',
  claim_invitation: 'a guest takes the books into an account: the code and where to type it',
  claim_reminder: 'a guest’s books wait, after 24 hours: how to claim, how to stop reminders',
  claim_reminder_invited: 'the same with an account that waits: where to choose its password',
  claim_reminder_last: 'the same after 7 days, for the last time',
  profiles_merged: 'to both addresses whose books support has put together',
} as const satisfies Record<string, string>;

export type MailTemplate = keyof typeof mailTemplates;

export const mailTemplateNames = Object.keys(mailTemplates) as MailTemplate[];

export const isMailTemplate = (name: string): name is MailTemplate => Object.hasOwn(mailTemplates, name);
