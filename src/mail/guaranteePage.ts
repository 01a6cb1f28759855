import type { MailerCapabilities } from '../ports/mailer.ts';
import { heardFrom, heardInBrief, type HeardSource, heardSources } from './heard.ts';
import { guaranteeOf, spanText, type UnknownPolicy } from './guarantee.ts';

/** One way to set up a provider. */
export interface GuaranteeRow {
  /** `SMTP with a journal` */
  setup: string;
  /** What is configured beyond the provider itself; empty: nothing. */
  settings: string;
  capabilities: MailerCapabilities;
  policy: UnknownPolicy;
  /** Where it is heard what becomes of its mails. */
  sources: readonly HeardSource[];
}

/** The page that says what may be promised, made of what the adapters say of themselves. Markdown. */
export function guaranteePage(rows: readonly GuaranteeRow[]): string {
  return `${[
    head,
    tableOf(
      [
        'setup',
        'set beyond the provider’s own',
        'drops repeats for',
        'can be asked',
        'its yes lasts',
        'tells later',
      ],
      rows.map(({ setup, settings, capabilities, sources }) => [
        setup,
        settings,
        ...factsOf(capabilities),
        heardInBrief(sources),
      ]),
    ),
    heard,
    guarantees,
    tableOf(
      ['setup', 'after a lost answer the mail is', 'what is promised'],
      rows.map(({ setup, capabilities, policy }) => {
        const { unknown, promise } = guaranteeOf(capabilities, policy);
        return [setup, unknown, promise];
      }),
    ),
    tail,
  ].join('\n\n')}\n`;
}

function factsOf(capabilities: MailerCapabilities): string[] {
  const { dedupe, lookup, lookupLagMs, acceptanceDurable } = capabilities;
  return [
    dedupe ? `${spanText(dedupe.windowMs)}${apart(dedupe.repeatAfterMs)}` : 'never',
    lookup === 'none' ? 'no' : `by Message-ID, sure after ${spanText(lookupLagMs)}`,
    acceptanceDurable ? 'yes' : 'no: it may be lost behind the answer',
  ];
}

const apart = (repeatAfterMs: number) =>
  repeatAfterMs > 0 ? `, when the first is worked off by then, ${spanText(repeatAfterMs)} apart or more` : '';

/** With its columns aligned, as the formatter has them. */
function tableOf(titles: readonly string[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = titles.map((title, at) =>
    Math.max(...[title, ...rows.map((row) => row[at] ?? '')].map(lengthOf)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - lengthOf(cell))).join(' | ')} |`;
  return [
    line(titles),
    `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`,
    ...rows.map(line),
  ].join('\n');
}

const lengthOf = (text: string) => Array.from(text).length;

const head = `# What is promised of a mail

This page is made from what the adapters say of their providers and from what is configured; a test fails when it is out of date. \`fulfillment doctor\` says which of it holds for your configuration.

- A **logical mail** is one row with a unique key, for example the receipt of one payment. It is rendered once, and kept. By SMTP every attempt carries the same bytes; Resend, Listmonk and Novu get the same request made of them, and put the mail together themselves. Our Message-ID arrives by SMTP and Listmonk; Resend and Novu put one of their own in its place. What staff sends anew is another logical mail, on record.
- **Accepted**: the provider has said yes. Where its yes lasts, that is the proof; where it does not, the mail is accepted, unproven, until something shows it. **Delivered**: the recipient’s mail server has said yes. Nobody can know more.
- **Ambiguous**: the mail may have been taken, and there was no answer. Before a mail is repeated that may be a second one, the ambiguity is written down.
- A **double** is a second acceptance of one logical mail. One without a recorded ambiguity happens only where its row says so.

For a provider that neither drops repeats nor can be asked, “at least once” and “at most once” cannot both hold: between the last byte and the answer there is a moment in which nobody knows, and a crash can fall into it. So the promise depends on the provider.

## What the providers do`;

const heard = `## What is heard later

${heardSources.map((source) => `- ${heardFrom[source].exactly}`).join('\n')}`;

const guarantees = `## What follows

Where nobody can say whether a mail was taken, \`MAIL_WHEN_UNKNOWN\` decides for each kind of mail: \`repeat\`, the default, or \`hold\`. With a provider that drops repeats and cannot be asked it makes no difference: what such a one has forgotten is always held.`;

const tail = `## What holds with every provider

- An attempt is written down and committed before anything of it is sent. A worker that dies in between leaves a mail in doubt, never one that is taken for “not sent”.
- Another provider is turned to only when the one before has certainly not taken the mail, has sent it back, or was away before anything was sent. A mail in doubt stays with its provider. So the promise for a mail is that of the provider which took it.
- A mail that stays in doubt is held and alerted; it is never given up silently.
- A mail that was accepted in a way that the provider may forget, and that nothing has proven since, is reported after \`MAIL_EVIDENCE_MINUTES\`.
- What no row can promise: servers behind the provider (its own e-mail provider, its retries, the recipient’s server) may double a mail by themselves, and may drop it without a word.`;
