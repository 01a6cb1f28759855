import { describe, expect, it } from 'vitest';
import { s3Failure, s3Fault } from './faults.ts';

const faultOf = (code: string | undefined, status: number | undefined) => {
  const { kind, reason } = s3Fault({ code, status, requestId: undefined });
  return [kind, reason];
};

describe('the fault table of S3', () => {
  it.each([
    ['InvalidAccessKeyId', 403, 'needs_human', 'storage_credentials'],
    ['SignatureDoesNotMatch', 403, 'needs_human', 'storage_credentials'],
    ['ExpiredToken', 400, 'needs_human', 'storage_credentials'],
    ['AccessDenied', 403, 'needs_human', 'storage_denied'],
    ['NoSuchBucket', 404, 'needs_human', 'storage_no_bucket'],
    ['AuthorizationHeaderMalformed', 400, 'needs_human', 'storage_no_bucket'],
    ['PermanentRedirect', 301, 'needs_human', 'storage_no_bucket'],
    ['IllegalLocationConstraintException', 400, 'needs_human', 'storage_no_bucket'],
    ['RequestTimeTooSkewed', 403, 'needs_human', 'storage_clock'],
    ['QuotaExceeded', 403, 'needs_human', 'storage_full'],
    ['SlowDown', 503, 'rate_limited', 'storage_slow_down'],
    ['TooManyRequests', 429, 'rate_limited', 'storage_slow_down'],
    ['BadDigest', 400, 'transient', 'stored_bytes_damaged'],
    ['XAmzContentChecksumMismatch', 400, 'transient', 'stored_bytes_damaged'],
    ['IncompleteBody', 400, 'transient', 'stored_bytes_damaged'],
    ['RequestTimeout', 400, 'transient', 'storage_unavailable'],
    ['InternalError', 500, 'transient', 'storage_unavailable'],
    ['ConditionalRequestConflict', 409, 'transient', 'storage_unavailable'],
    ['EntityTooLarge', 400, 'needs_human', 'storage_too_large'],
    ['SomethingNew', 413, 'needs_human', 'storage_too_large'],
    ['SyntaxError', 200, 'transient', 'storage_answer_unreadable'],
    ['AbortError', undefined, 'transient', 'aborted'],
    ['TimeoutError', undefined, 'transient', 'storage_unreachable'],
    ['ECONNREFUSED', undefined, 'transient', 'storage_unreachable'],
    ['ECONNRESET', undefined, 'transient', 'storage_unreachable'],
    ['SomethingNew', 500, 'transient', 'storage_unavailable'],
    ['SomethingNew', 429, 'rate_limited', 'storage_slow_down'],
    ['SomethingNew', 401, 'needs_human', 'storage_denied'],
    ['SomethingNew', 408, 'transient', 'storage_unavailable'],
    ['SomethingNew', 302, 'needs_human', 'storage_no_bucket'],
    ['SomethingNew', 400, 'permanent', 'storage_request_refused'],
    ['SomethingNew', 200, 'transient', 'storage_answer_unreadable'],
    [undefined, undefined, 'transient', 'storage_unreachable'],
    ['constructor', undefined, 'transient', 'storage_unreachable'],
  ])('%s with %s: %s %s', (code, status, kind, reason) => {
    expect(faultOf(code, status)).toEqual([kind, reason]);
  });

  it('reads what the SDK throws, whatever it is', () => {
    const metadata = { httpStatusCode: 503, requestId: 'R1' };
    expect(s3Failure({ name: 'SlowDown', $metadata: metadata })).toEqual({
      code: 'SlowDown',
      status: 503,
      requestId: 'R1',
    });
    expect(s3Failure({ name: 'Error', code: 'ECONNRESET' })).toMatchObject({ code: 'ECONNRESET' });
    expect(s3Failure({ name: 'Error', cause: { code: 'ENOTFOUND' } })).toMatchObject({ code: 'ENOTFOUND' });
    expect(s3Failure({ name: 'SyntaxError', $response: { statusCode: 200 } })).toMatchObject({ status: 200 });
    for (const thrown of [undefined, null, 'text', 7, {}]) {
      expect(s3Fault(s3Failure(thrown)).kind).toBe('transient');
    }
  });

  it('carries the request’s id, for the support of the service, and nothing of its words', () => {
    const fault = s3Fault(
      s3Failure({ name: 'AccessDenied', message: 'key AKIA…', $metadata: { requestId: 'R7' } }),
    );
    expect(fault.providerRequestId).toBe('R7');
    expect(fault.message).not.toContain('AKIA');
  });
});
