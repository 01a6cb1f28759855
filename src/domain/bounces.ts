const causes: Record<string, string> = {
  address: 'there is no such mailbox',
  mailbox_full: 'the mailbox is full',
  policy: 'the other side does not want it from this sender',
  content: 'the other side refuses what is in it',
};

/** Why a mail came back, for people: its cause, and the enhanced status code where one was given. */
export function bounceText(cause: string, status?: string | null): string {
  const words = Object.hasOwn(causes, cause) ? causes[cause] : 'nobody says why';
  return status === undefined || status === null ? `${words}` : `${words} (${status})`;
}
