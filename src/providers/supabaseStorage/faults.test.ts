import { describe, expect, it } from 'vitest';
import { outboundTroubles } from '../outbound.ts';
import { supabaseFault, type SupabaseFailure } from './faults.ts';

const faultOf = (failure: SupabaseFailure) => {
  const { kind, reason } = supabaseFault(failure);
  return [kind, reason];
};

describe('the fault table of Supabase Storage', () => {
  it.each([
    [404, 'Bucket not found', 'needs_human', 'storage_no_bucket'],
    [404, 'NoSuchBucket', 'needs_human', 'storage_no_bucket'],
    [404, 'not_found', 'permanent', 'storage_not_found'],
    [404, 'NoSuchKey', 'permanent', 'storage_not_found'],
    [409, 'Duplicate', 'permanent', 'storage_taken'],
    [409, 'KeyAlreadyExists', 'permanent', 'storage_taken'],
    [409, 'ResourceAlreadyExists', 'permanent', 'storage_taken'],
    [413, 'Payload too large', 'needs_human', 'storage_too_large'],
    [413, 'EntityTooLarge', 'needs_human', 'storage_too_large'],
    [403, 'Unauthorized', 'needs_human', 'storage_credentials'],
    [401, 'InvalidJWT', 'needs_human', 'storage_credentials'],
    [403, 'AccessDenied', 'needs_human', 'storage_denied'],
    [503, 'SlowDown', 'rate_limited', 'storage_slow_down'],
    [504, 'DatabaseTimeout', 'transient', 'storage_unavailable'],
    [500, 'InternalError', 'transient', 'storage_unavailable'],
    [423, 'ResourceLocked', 'transient', 'storage_unavailable'],
    [400, 'InvalidKey', 'permanent', 'storage_request_refused'],
    [403, 'SignatureDoesNotMatch', 'needs_human', 'storage_credentials'],
    [400, 'ExpiredToken', 'needs_human', 'storage_credentials'],
    [400, 'InvalidBucketName', 'needs_human', 'storage_no_bucket'],
    [415, 'InvalidMimeType', 'needs_human', 'storage_type_refused'],
    [415, 'invalid_mime_type', 'needs_human', 'storage_type_refused'],
    [503, 'DatabaseConnectionLimit', 'transient', 'storage_unavailable'],
    [503, 'DatabaseReadOnly', 'transient', 'storage_unavailable'],
    [409, 'TransactionError', 'transient', 'storage_unavailable'],
    [500, 'Aborted', 'transient', 'storage_unavailable'],
    [503, 'NoAvailableShard', 'transient', 'storage_unavailable'],
    [401, undefined, 'needs_human', 'storage_credentials'],
    [403, undefined, 'needs_human', 'storage_denied'],
    [404, undefined, 'transient', 'storage_answer_unreadable'],
    // Of a server that knows no such path.
    [404, 'Not Found', 'transient', 'storage_answer_unreadable'],
    [404, 'Not found', 'permanent', 'storage_not_found'],
    [409, undefined, 'permanent', 'storage_taken'],
    [413, undefined, 'needs_human', 'storage_too_large'],
    [408, undefined, 'transient', 'storage_unavailable'],
    [429, undefined, 'rate_limited', 'storage_slow_down'],
    [502, 'constructor', 'transient', 'storage_unavailable'],
    [400, 'SomethingNew', 'permanent', 'storage_request_refused'],
    [200, undefined, 'transient', 'storage_answer_unreadable'],
    [undefined, undefined, 'transient', 'storage_unreachable'],
  ])('%s %s: %s %s', (status, code, kind, reason) => {
    expect(faultOf({ status, code })).toEqual([kind, reason]);
  });

  it.each(outboundTroubles)('%s before an answer: is never taken for one', (trouble) => {
    const [kind, reason] = faultOf({ trouble });
    expect([kind, reason]).not.toContain('storage_not_found');
    expect(kind).toBe(trouble === 'forbidden_host' ? 'permanent' : 'transient');
  });

  it('hands on how long to wait', () => {
    expect(supabaseFault({ status: 429, retryAfterMs: 7_000 })).toMatchObject({ retryAfterMs: 7_000 });
  });
});
