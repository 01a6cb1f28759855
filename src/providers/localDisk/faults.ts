import type { FaultDetails } from '../../domain/fault.ts';

type Row = Pick<FaultDetails, 'kind' | 'reason' | 'message'>;

const full: Row = { kind: 'transient', reason: 'storage_full', message: 'The disk is full.' };
const denied: Row = {
  kind: 'transient',
  reason: 'storage_denied',
  message: 'The storage directory may not be read or written.',
};
const busy: Row = { kind: 'transient', reason: 'storage_busy', message: 'Too many files are open.' };
const refused: Row = {
  kind: 'permanent',
  reason: 'storage_key_refused',
  message: 'The storage key cannot be a path: it is a directory or too long.',
};
const broken: Row = {
  kind: 'transient',
  reason: 'storage_io',
  message: 'The disk could not be read or written.',
};

const rows: Record<string, Row> = {
  ENOSPC: full,
  EDQUOT: full,
  EACCES: denied,
  EPERM: denied,
  EROFS: denied,
  EMFILE: busy,
  ENFILE: busy,
  EBUSY: busy,
  EISDIR: refused,
  ENAMETOOLONG: refused,
  ELOOP: refused,
  EIO: broken,
  ABORT_ERR: { kind: 'transient', reason: 'aborted', message: 'Working on the file was called off.' },
};

/** The fault table of the disk, by the system's error code. What it does not know is taken for a passing trouble. */
export function diskFault(code: string | undefined): FaultDetails {
  const row = (code !== undefined && Object.hasOwn(rows, code) && rows[code]) || broken;
  const named = code === undefined || row.reason === 'aborted' ? '' : ` (${code})`;
  return { ...row, message: row.message.replace(/\.$/, `${named}.`), provider: 'localDisk' };
}

/** The code of a system error, or of an abort. */
export function diskErrorCode(thrown: unknown): string | undefined {
  const { name, code } = (thrown ?? {}) as { name?: unknown; code?: unknown };
  if (name === 'AbortError' || name === 'TimeoutError') return 'ABORT_ERR';
  return typeof code === 'string' ? code : undefined;
}
