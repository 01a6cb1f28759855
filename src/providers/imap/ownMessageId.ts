/** How a mail of ours is named in a header block, or by the provider that named it anew. */
export type MailName = { messageId: string } | { provider: string; reference: string };

/** As `mail/messageId.ts` makes them: a keyed hash, which nobody guesses who has not seen the mail. */
const ownLocalPart = /^[0-9a-f]{40}$/;

/**
 * Reads which mail of ours a header block belongs to. Undefined when it is none, or when the block names more than one.
 * What stands behind the @ is not looked at: the sender's domain may have been another one when the mail was written.
 */
export function mailNameIn(headers: string): MailName | undefined {
  const unfolded = headers.replace(/\r?\n(?=[ \t])/g, '');
  const values = [...unfolded.matchAll(/^Message-ID[ \t]*:(.{1,1000})$/gim)].map(([, value = '']) =>
    value.trim(),
  );
  const [value, ...others] = new Set(values);
  if (value === undefined || others.length > 0) return undefined;
  const [, local = '', host = ''] = /^<([^<>@\s]{1,200})@([^<>@\s]{1,253})>$/.exec(value) ?? [];
  if (ownLocalPart.test(local)) return { messageId: `<${local}@${host.toLowerCase()}>` };
  // Amazon SES puts a Message-ID of its own in place of ours; to SMTP it answers `250 Ok` and the same id.
  if (/(^|\.)amazonses\.com$/i.test(host) && /^[0-9a-f-]{20,100}$/.test(local))
    return { provider: 'smtp', reference: `250 Ok ${local}` };
  return undefined;
}
