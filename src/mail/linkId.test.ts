import { describe, expect, it } from 'vitest';
import { linkIdFor } from './linkId.ts';

const at = new Date('2026-11-22T10:00:00Z');
const link = { logicalKey: 'receipt:7K3M-Q9XT-4BVD', lineNo: 1, format: 'pdf' };

describe('the id of a link in a mail', () => {
  it('is a time-ordered uuid, and the same for ever', () => {
    const id = linkIdFor(link, at);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(linkIdFor({ ...link }, new Date(at))).toBe(id);
    expect(linkIdFor(link, new Date(at.getTime() + 1)) > id).toBe(true);
  });

  it('is another one for another mail, line or format', () => {
    const ids = [
      link,
      { ...link, logicalKey: 'files-ready:7K3M-Q9XT-4BVD' },
      { ...link, lineNo: 2 },
      { ...link, format: 'epub' },
    ].map((one) => linkIdFor(one, at));
    expect(new Set(ids).size).toBe(4);
  });
});
