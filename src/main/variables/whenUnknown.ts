import type { UnknownPolicy } from '../../mail/guarantee.ts';
import { type WhenUnknown, whenUnknownChoices } from '../../mail/settleUnanswered.ts';
import type { MailKind } from '../../ports/mailLedger.ts';
import { readAs } from './kinds.ts';

/** What happens to mails of which nobody can say whether they were taken. */
export interface WhenUnknownRule {
  kinds: Readonly<Partial<Record<MailKind, WhenUnknown>>>;
  /** Of the kinds that are not named. */
  otherwise: WhenUnknown;
}

/** Complete by its type: a new kind of mail is named here or does not compile. */
const allKinds = {
  receipt: true,
  files_ready: true,
  granted: true,
  new_links: true,
  new_version: true,
  address_changed: true,
  refund: true,
  refund_failed: true,
  access_ended: true,
  access_restored: true,
  claim_invitation: true,
  claim_reminder: true,
  profiles_merged: true,
} as const satisfies Record<MailKind, true>;

export const mailKinds = Object.keys(allKinds) as MailKind[];

/** A choice for each kind of mail, for example `receipt=repeat;refund=hold;*=repeat`. Without `*` the rest is repeated. */
export const whenUnknown = readAs((text, refuse): WhenUnknownRule => {
  const chosen = new Map<string, WhenUnknown>();
  for (const part of text.split(';').map((one) => one.trim())) {
    if (part === '') continue;
    const [name = '', value, ...more] = part.split('=').map((one) => one.trim());
    if (name !== '*' && !mailKinds.some((kind) => kind === name))
      return refuse(`must name kinds of mail out of ${mailKinds.join(', ')}, or *`);
    const choice = whenUnknownChoices.find((known) => known === value);
    if (!choice || more.length > 0) return refuse(`must say ${name}=repeat or ${name}=hold`);
    if (chosen.has(name)) return refuse(`must name ${name} once`);
    chosen.set(name, choice);
  }
  const { '*': otherwise = 'repeat', ...kinds } = Object.fromEntries(chosen) as Record<string, WhenUnknown>;
  return { kinds, otherwise };
});

/** What the rule comes to, over all kinds of mail. */
export function unknownPolicyOf(rule: WhenUnknownRule): UnknownPolicy {
  const [choice = rule.otherwise, ...others] = new Set(mailKinds.map((kind) => whenUnknownOf(rule, kind)));
  return others.length > 0 ? 'by_kind' : choice;
}

/** What holds for one kind. */
export const whenUnknownOf = ({ kinds, otherwise }: WhenUnknownRule, kind: MailKind): WhenUnknown =>
  kinds[kind] ?? otherwise;
