import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { planDigest } from './digest.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const item = (jobId: string, version: number) => ({ jobId, version, ineligibleReason: null });
const hex = (plan: Parameters<typeof planDigest>[0]) => Buffer.from(planDigest(plan, sha256)).toString('hex');

describe('the digest of a plan', () => {
  const plan = {
    action: 'downloads:extend',
    params: { days: 3, b: 'x' },
    items: [item('a', 1), item('b', 2)],
  };
  const digest = hex(plan);

  it('is the hash of one canonical text, however the parameters are ordered', () => {
    const text = '{"action":"downloads:extend","items":[["a",1],["b",2]],"params":{"b":"x","days":3},"v":1}';
    expect(digest).toBe(sha256(Buffer.from(text)).toString('hex'));
    expect(hex({ ...plan, params: { b: 'x', days: 3 } })).toBe(digest);
  });

  it.each([
    ['the action', { action: 'job:retry' }],
    ['a parameter', { params: { days: 4, b: 'x' } }],
    ['a version', { items: [item('a', 1), item('b', 3)] }],
    ['a job', { items: [item('a', 1), item('c', 2)] }],
    ['how many there are', { items: [item('a', 1)] }],
    ['their order', { items: [item('b', 2), item('a', 1)] }],
  ])('is another with %s', (_what, change) => {
    expect(hex({ ...plan, ...change })).not.toBe(digest);
  });
});
