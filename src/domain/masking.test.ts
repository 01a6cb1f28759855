import { describe, expect, it } from 'vitest';
import { maskAddressesIn, maskEmail, maskLocalPart, maskName, maskText } from './masking.ts';

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

describe('other masked fields', () => {
  it.each([
    ['Wanda Nowicka', 'W••• N•••'],
    ['  Łukasz   Żółć  ', 'Ł••• Ż•••'],
    ['Bo', '•••'],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦•••'],
    ['a b c d e f g h', '••• ••• ••• •••'],
    ['', ''],
  ])('of the name %j is %j', (name, masked) => {
    expect(maskName(name)).toBe(masked);
  });

  it('of a number or a company is its beginning', () => {
    expect(maskText('5252525252')).toBe('52•••');
    expect(maskText('PL')).toBe('•••');
  });
});

describe('an address of which the domain is to be read', () => {
  it.each([
    ['anna.kowalska@gmial.com', 'an•••@gmial.com'],
    ['ola@gmailcom', 'o•••@gmailcom'],
    ['@gmial.com', '•••'],
    ['', '•••'],
  ])('%j is shown as %j', (address, masked) => {
    expect(maskLocalPart(address)).toBe(masked);
  });
});

describe('addresses in a text', () => {
  it.each([
    ['The mailbox wanda@readers.example is full.', 'The mailbox wa•••@re•••.example is full.'],
    ['<wanda@readers.example>,jan@wp.pl', '<wa•••@re•••.example>,j•••@•••.pl'],
    ['mailto:wanda@readers.example?subject=x', 'mailto:wa•••@re•••.example?subject=x'],
    ['żółta.łódź@książki.pl called', 'żó•••@ks•••.pl called'],
    ['5 @ 49.00 PLN', '5 @ 49.00 PLN'],
    ['nothing', 'nothing'],
  ])('are masked: %j', (text, masked) => {
    expect(maskAddressesIn(text)).toBe(masked);
  });

  it('are looked for in time that grows with the text alone', () => {
    const startMs = performance.now();
    maskAddressesIn('x'.repeat(200_000));
    maskAddressesIn('@'.repeat(200_000));
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });
});
