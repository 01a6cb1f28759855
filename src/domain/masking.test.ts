import { describe, expect, it } from 'vitest';
import { maskEmail } from './masking.ts';

describe('a masked address', () => {
  it.each([
    ['anna.kowalska@gmail.com', 'an•••@gm•••.com'],
    ['anna@mail.example.co.uk', 'a•••@ma•••.uk'],
    ['ola@wp.pl', 'o•••@•••.pl'],
    ['a@b.co', '•••@•••.co'],
    ['nonsense', '•••'],
    ['@x.pl', '•••'],
    ['', '•••'],
  ])('of %s is %s', (address, masked) => {
    expect(maskEmail(address)).toBe(masked);
  });
});
