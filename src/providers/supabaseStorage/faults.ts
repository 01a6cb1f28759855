import type { FaultDetails } from '../../domain/fault.ts';
import type { OutboundTrouble } from '../outbound.ts';

/** What is known of a request that failed. */
export interface SupabaseFailure {
  /** Before an answer was in hand; else undefined. */
  trouble?: OutboundTrouble | undefined;
  /** HTTP status, or the one that the body names: older versions answer 400 to everything. */
  status?: number | undefined;
  /** `code` of the answer, or `error` of older versions. */
  code?: string | undefined;
  retryAfterMs?: number | undefined;
}

type Row = Pick<FaultDetails, 'kind' | 'reason' | 'message'>;

const credentials: Row = {
  kind: 'needs_human',
  reason: 'storage_credentials',
  message:
    'Supabase Storage refuses our key. Check STORAGE_SUPABASE_KEY: it must be the secret (service role) key.',
};
const denied: Row = {
  kind: 'needs_human',
  reason: 'storage_denied',
  message: 'Supabase Storage does not let our key do this. It must be the secret (service role) key.',
};
const noBucket: Row = {
  kind: 'needs_human',
  reason: 'storage_no_bucket',
  message: 'The bucket does not exist. Check STORAGE_SUPABASE_BUCKET.',
};
const absent: Row = { kind: 'permanent', reason: 'storage_not_found', message: 'The object is not there.' };
const taken: Row = { kind: 'permanent', reason: 'storage_taken', message: 'The key is taken.' };
const tooLarge: Row = {
  kind: 'needs_human',
  reason: 'storage_too_large',
  message: 'The file is larger than the project or the bucket allows. Raise its upload limit.',
};
const wrongType: Row = {
  kind: 'needs_human',
  reason: 'storage_type_refused',
  message:
    'The bucket does not take files of this type. Let it take any, or name application/* and text/plain.',
};
const slow: Row = {
  kind: 'rate_limited',
  reason: 'storage_slow_down',
  message: 'Supabase Storage asks for fewer requests.',
};
const unavailable: Row = {
  kind: 'transient',
  reason: 'storage_unavailable',
  message: 'Supabase Storage cannot do it just now.',
};
const unreachable: Row = {
  kind: 'transient',
  reason: 'storage_unreachable',
  message: 'Supabase Storage did not answer.',
};
const refused: Row = {
  kind: 'permanent',
  reason: 'storage_request_refused',
  message: 'Supabase Storage refuses the request.',
};
const unreadable: Row = {
  kind: 'transient',
  reason: 'storage_answer_unreadable',
  message:
    'The answer did not come from Supabase Storage. Check STORAGE_SUPABASE_URL, and what stands before it.',
};
const aborted: Row = { kind: 'transient', reason: 'aborted', message: 'Working on the file was called off.' };

/** Codes of the API: the new ones and those that they replace (supabase.com/docs/guides/storage/debugging/error-codes). */
const byCode: Record<string, Row> = {
  NoSuchBucket: noBucket,
  'Bucket not found': noBucket,
  InvalidBucketName: noBucket,
  TenantNotFound: credentials,
  NoSuchKey: absent,
  not_found: absent,
  'Not found': absent,
  KeyAlreadyExists: taken,
  ResourceAlreadyExists: taken,
  Duplicate: taken,
  EntityTooLarge: tooLarge,
  'Payload too large': tooLarge,
  InvalidJWT: credentials,
  InvalidSignature: credentials,
  SignatureDoesNotMatch: credentials,
  InvalidAccessKeyId: credentials,
  ExpiredToken: credentials,
  Unauthorized: credentials,
  AccessDenied: denied,
  SlowDown: slow,
  DatabaseTimeout: unavailable,
  DatabaseConnectionLimit: unavailable,
  DatabaseReadOnly: unavailable,
  DatabaseError: unavailable,
  TransactionError: unavailable,
  Aborted: unavailable,
  NoAvailableShard: unavailable,
  InternalError: unavailable,
  LockTimeout: unavailable,
  ResourceLocked: unavailable,
  S3Error: unavailable,
  InvalidKey: refused,
  InvalidMimeType: wrongType,
  invalid_mime_type: wrongType,
};

function byStatus(status: number): Row {
  if (status < 300) return unreadable;
  if (status === 401) return credentials;
  if (status === 403) return denied;
  // Whether an object is there is the service's own word: a proxy, or another service at that address, knows nothing of it.
  if (status === 404) return unreadable;
  if (status === 409) return taken;
  if (status === 413) return tooLarge;
  if (status === 429) return slow;
  if (status === 408 || status === 423 || status >= 500) return unavailable;
  return refused;
}

const byTrouble: Record<OutboundTrouble, Row> = {
  aborted,
  timeout: unreachable,
  unreachable,
  connection_lost: unreachable,
  redirected: unreadable,
  too_large: unreadable,
  forbidden_host: refused,
};

/** The fault table of Supabase Storage. Nothing of the answer's text is passed on. */
export function supabaseFault({ trouble, status, code, retryAfterMs }: SupabaseFailure): FaultDetails {
  const coded = code !== undefined && Object.hasOwn(byCode, code) ? byCode[code] : undefined;
  // A gateway in front of it speaks by status alone, and more truly than the code of an old answer.
  const row =
    trouble !== undefined
      ? byTrouble[trouble]
      : (coded ?? (status === undefined ? unreachable : byStatus(status)));
  return { ...row, provider: 'supabase', ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
}
