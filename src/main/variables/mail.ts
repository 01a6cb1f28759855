import { mailProviderList } from './mailProviderList.ts';
import { emailAddress, wholeNumber } from './kinds.ts';
import { running, type Section } from './variable.ts';
import { whenUnknown } from './whenUnknown.ts';

export const mailProviderDefault = 'smtp';

export const mail = {
  title: 'Mail',
  variables: {
    MAIL_PROVIDERS: {
      purpose:
        'Who carries mail, the preferred one first, out of smtp, resend, listmonk and novu; the others take over what the ones before certainly have not taken.',
      example: 'smtp,resend',
      default: mailProviderDefault,
      commands: running,
      schema: mailProviderList,
    },
    MAIL_FROM: {
      purpose: 'Sender of all mails; its domain needs SPF, DKIM and DMARC, with every provider.',
      example: 'receipts@books.example',
      commands: running,
      schema: emailAddress,
    },
    MAIL_REPLY_TO: {
      purpose: 'Where answers of buyers go, when not to MAIL_FROM.',
      example: 'help@books.example',
      optional: true,
      commands: running,
      schema: emailAddress,
    },
    MAIL_RETURN_PATH: {
      purpose:
        'Where mails by SMTP and Listmonk come back to when they cannot be delivered: the mailbox of BOUNCES_IMAP_*; MAIL_FROM when left out.',
      example: 'bounces@books.example',
      optional: true,
      commands: running,
      schema: emailAddress,
    },
    MAIL_WHEN_UNKNOWN: {
      purpose:
        'What happens when nobody can say whether a mail was taken, for each kind of mail and * for the others: repeat it once, or hold it for a person.',
      example: 'receipt=repeat;refund=hold;*=repeat',
      default: '*=repeat',
      commands: running,
      schema: whenUnknown,
    },
    MAIL_EVIDENCE_MINUTES: {
      purpose: 'After how many minutes a mail that was accepted and has no evidence behind it is reported.',
      example: '30',
      default: '30',
      commands: running,
      schema: wholeNumber({ min: 1, max: 10_080 }),
    },
    MAIL_DRILL_ADDRESS: {
      purpose:
        'Address that the monthly drill of an outage sends its test mails to: fulfillment providers drill email.',
      example: 'mail-drill@books.example',
      optional: true,
      commands: running,
      schema: emailAddress,
    },
    MAIL_BRAKE_PER_HOUR: {
      purpose:
        'When more mails than this are about to go out within an hour, all mail is held and somebody is called; 0: never.',
      example: '5000',
      default: '5000',
      commands: running,
      schema: wholeNumber({ min: 0, max: 10_000_000 }),
    },
    MAIL_BRAKE_OLD_PER_HOUR: {
      purpose: 'The same for first mails about purchases that were paid long ago; 0: never.',
      example: '20',
      default: '20',
      commands: running,
      schema: wholeNumber({ min: 0, max: 1_000_000 }),
    },
    MAIL_BRAKE_AGE_HOURS: {
      purpose: 'After how many hours a purchase counts as paid long ago.',
      example: '72',
      default: '72',
      commands: running,
      schema: wholeNumber({ min: 1, max: 8_760 }),
    },
  },
} as const satisfies Section;
