import type { FaultDetails } from '../../domain/fault.ts';

/** What is known of a request that failed. */
export interface S3Failure {
  /** The service's code, for example `SlowDown`; undefined where it gave none. */
  code: string | undefined;
  /** HTTP status; undefined where there was no answer. */
  status: number | undefined;
  requestId: string | undefined;
}

type Row = Pick<FaultDetails, 'kind' | 'reason' | 'message'>;

const credentials: Row = {
  kind: 'needs_human',
  reason: 'storage_credentials',
  message: 'The file store refuses our key. Check STORAGE_S3_ACCESS_KEY_ID and its secret.',
};
const denied: Row = {
  kind: 'needs_human',
  reason: 'storage_denied',
  message:
    'The file store does not let our key do this. It needs to read, write, list and delete objects of the bucket.',
};
const noBucket: Row = {
  kind: 'needs_human',
  reason: 'storage_no_bucket',
  message:
    'The bucket does not exist, or lies elsewhere. Check STORAGE_S3_BUCKET, STORAGE_S3_REGION and STORAGE_S3_ENDPOINT.',
};
const clock: Row = {
  kind: 'needs_human',
  reason: 'storage_clock',
  message: 'The clock of this machine and that of the file store are too far apart.',
};
const slow: Row = {
  kind: 'rate_limited',
  reason: 'storage_slow_down',
  message: 'The file store asks for fewer requests.',
};
const damaged: Row = {
  kind: 'transient',
  reason: 'stored_bytes_damaged',
  message: 'The bytes that reached the file store are not the bytes that were sent.',
};
const unavailable: Row = {
  kind: 'transient',
  reason: 'storage_unavailable',
  message: 'The file store cannot do it just now.',
};
const unreachable: Row = {
  kind: 'transient',
  reason: 'storage_unreachable',
  message: 'The file store did not answer.',
};
const refused: Row = {
  kind: 'permanent',
  reason: 'storage_request_refused',
  message: 'The file store refuses the request.',
};
const tooLarge: Row = {
  kind: 'needs_human',
  reason: 'storage_too_large',
  message: 'The file is larger than the file store, or a proxy before it, takes.',
};
const unreadable: Row = {
  kind: 'transient',
  reason: 'storage_answer_unreadable',
  message: 'The answer did not come from a file store.',
};
const aborted: Row = { kind: 'transient', reason: 'aborted', message: 'Working on the file was called off.' };

/** Codes of the service's error responses, and of the SDK and the system beneath it. */
const byCode: Record<string, Row> = {
  InvalidAccessKeyId: credentials,
  SignatureDoesNotMatch: credentials,
  InvalidToken: credentials,
  ExpiredToken: credentials,
  AccessDenied: denied,
  AllAccessDisabled: denied,
  AccountProblem: denied,
  NoSuchBucket: noBucket,
  // Signed for another region than that of the bucket.
  AuthorizationHeaderMalformed: noBucket,
  PermanentRedirect: noBucket,
  TemporaryRedirect: unavailable,
  Redirect: noBucket,
  IllegalLocationConstraintException: noBucket,
  RequestTimeTooSkewed: clock,
  SlowDown: slow,
  TooManyRequests: slow,
  RequestLimitExceeded: slow,
  Throttling: slow,
  ThrottlingException: slow,
  BadDigest: damaged,
  InvalidDigest: damaged,
  IncompleteBody: damaged,
  XAmzContentSHA256Mismatch: damaged,
  XAmzContentChecksumMismatch: damaged,
  RequestTimeout: unavailable,
  InternalError: unavailable,
  ServiceUnavailable: unavailable,
  OperationAborted: unavailable,
  ConditionalRequestConflict: unavailable,
  EntityTooLarge: tooLarge,
  KeyTooLongError: refused,
  QuotaExceeded: {
    ...refused,
    kind: 'needs_human',
    reason: 'storage_full',
    message: 'The file store is full.',
  },
  AbortError: aborted,
  SyntaxError: unreadable,
  TimeoutError: unreachable,
  ECONNREFUSED: unreachable,
  ECONNRESET: unreachable,
  EPIPE: unreachable,
  ENOTFOUND: unreachable,
  EAI_AGAIN: unreachable,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  ETIMEDOUT: unreachable,
};

function byStatus(status: number | undefined): Row {
  if (status === undefined) return unreachable;
  if (status < 300) return unreadable;
  if (status < 400) return noBucket;
  if (status === 401 || status === 403) return denied;
  if (status === 404) return noBucket;
  if (status === 413) return tooLarge;
  if (status === 429) return slow;
  if (status === 408) return unavailable;
  return status >= 500 ? unavailable : refused;
}

/** The fault table of S3 and what speaks like it. Nothing of the answer's text is passed on. */
export function s3Fault({ code, status, requestId }: S3Failure): FaultDetails {
  const row = (code !== undefined && Object.hasOwn(byCode, code) && byCode[code]) || byStatus(status);
  return { ...row, provider: 's3', ...(requestId === undefined ? {} : { providerRequestId: requestId }) };
}

/** What an error of the SDK says, by shape alone: their classes are many, and a proxy's answer has none. */
export function s3Failure(thrown: unknown): S3Failure {
  const { name, code, $metadata, $response, cause } = (thrown ?? {}) as Record<string, unknown>;
  const metadata = ($metadata ?? {}) as Record<string, unknown>;
  const inner = (cause ?? {}) as Record<string, unknown>;
  const response = ($response ?? {}) as Record<string, unknown>;
  const status = [metadata['httpStatusCode'], response['statusCode']].find((one) => typeof one === 'number');
  const known = [code, name, inner['code'], inner['name']].find(
    (one) => typeof one === 'string' && Object.hasOwn(byCode, one),
  );
  return {
    code: typeof known === 'string' ? known : typeof name === 'string' ? name : undefined,
    status: typeof status === 'number' ? status : undefined,
    requestId: typeof metadata['requestId'] === 'string' ? metadata['requestId'] : undefined,
  };
}
