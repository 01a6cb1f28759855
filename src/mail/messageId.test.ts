import { describe, expect, it } from 'vitest';
import { messageIdFor } from './messageId.ts';

const key = new Uint8Array(32).fill(7);
const domain = 'lektura.example';

describe('messageIdFor', () => {
  it('is the same for the same mail and another for any other', () => {
    const id = messageIdFor('receipt:7K3M-Q9XT-4BVD', { key, domain });
    expect(id).toMatch(/^<[0-9a-f]{40}@lektura\.example>$/);
    expect(messageIdFor('receipt:7K3M-Q9XT-4BVD', { key, domain })).toBe(id);
    const others = [
      messageIdFor('receipt:7K3M-Q9XT-4BVE', { key, domain }),
      messageIdFor('files-ready:7K3M-Q9XT-4BVD', { key, domain }),
      messageIdFor('receipt:7K3M-Q9XT-4BVD', { key: new Uint8Array(32).fill(8), domain }),
    ];
    expect(new Set([id, ...others]).size).toBe(4);
  });

  it('is the first 40 hexadecimal digits of an HMAC-SHA-256', () => {
    // Test case 2 of RFC 4231 has a key of four bytes; this is test case 1, whose key has twenty.
    const rfcKey = new Uint8Array(20).fill(0x0b);
    expect(messageIdFor('Hi There', { key: rfcKey, domain: 'a.example' })).toBe(
      '<b0344c61d8db38535ca8afceaf0bf12b881dc200@a.example>',
    );
  });

  it.each(['', 'a b', 'a.example>', 'a.example\r\nBcc: x', 'a..example', '.a', 'ä.example', 'a@b'])(
    'refuses the domain %j',
    (bad) => {
      expect(() => messageIdFor('receipt:x', { key, domain: bad })).toThrow(RangeError);
    },
  );

  it('refuses a key that could be guessed', () => {
    expect(() => messageIdFor('receipt:x', { key: new Uint8Array(8), domain })).toThrow(RangeError);
  });
});
