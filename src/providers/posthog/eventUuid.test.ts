import { describe, expect, it } from 'vitest';
import { eventUuidOf } from './eventUuid.ts';

describe('the UUID of an event', () => {
  it('is one of version 5, the same for the same event for ever', () => {
    const uuid = eventUuidOf('purchase.fulfilled:7K3M-Q9XT-4BVD');
    // Written down: another value would count every purchase anew that is repeated across a release.
    expect(uuid).toBe('15a461c4-be3a-5abf-bb26-f657a6886986');
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('is another for another event', () => {
    expect(eventUuidOf('a')).not.toBe(eventUuidOf('b'));
  });
});
