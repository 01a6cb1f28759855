/** Of a mail that came back, or that is put off, as codes. */
export interface BounceCodes {
  cause: string | null;
  /** Enhanced status code (RFC 3463). */
  status?: string | null | undefined;
  permanence?: string | null | undefined;
}

const causes: Record<string, string> = {
  address: 'there is no such mailbox',
  mailbox_full: 'the mailbox is full',
  policy: 'the other side does not want it from this sender',
  content: 'the other side refuses what is in it',
};

const gaveUp = 'the sending server gave up after retrying';

/** Why a mail came back, or is put off, for people: its cause, and the enhanced status code where one was given. */
export function bounceText({ cause, status, permanence }: BounceCodes): string {
  const words = cause !== null && Object.hasOwn(causes, cause) ? causes[cause] : undefined;
  const code = status === undefined || status === null ? '' : ` (${status})`;
  if (permanence === 'soft') return `${words ?? 'the other side has put it off'}${code}`;
  if (wasRetried({ status })) return `${words === undefined ? gaveUp : `${words}, and ${gaveUp}`}${code}`;
  return `${words ?? 'nobody says why'}${code}`;
}

/** Whether it was refused for the time being, again and again, until the sending server gave up (class 4). */
export const wasRetried = ({ status }: Pick<BounceCodes, 'status'>): boolean =>
  status?.startsWith('4.') === true;

/**
 * Whether the address may be what is wrong: there is no such mailbox, or (class 4) neither the mailbox nor its domain
 * could be found for as long as was tried.
 */
export const isAboutAddress = ({ cause, status }: Pick<BounceCodes, 'cause' | 'status'>): boolean =>
  cause === 'address' || /^4\.(1\.[12]|4\.[34])$/.test(status ?? '');
