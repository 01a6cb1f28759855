import { expect, it } from 'vitest';
import { leaksIn } from './leaks.ts';

const sentinels = new Map([
  ['the name', 'Żaneta Ćwikłowska'],
  ['the address', 'zaneta@cwiklowska.example'],
]);

it.each([
  ['as it is', 'paid by zaneta@cwiklowska.example'],
  ['in capitals', 'PAID BY ZANETA@CWIKLOWSKA.EXAMPLE'],
  ['in a URL', '/u/zaneta%40cwiklowska.example'],
  ['in base64', Buffer.from('it is zaneta@cwiklowska.example').toString('base64')],
  ['in hexadecimal', Buffer.from('zaneta@cwiklowska.example').toString('hex')],
])('an address is found %s', (_how, text) => {
  expect(leaksIn(new Map([['log', text]]), sentinels)).toEqual(['log: the address']);
});

it('what is found is named by what it is, and not told once more', () => {
  const escaped = 'by \\u017baneta \\u0106wik\\u0142owska, zaneta@cwiklowska.example';
  const places = new Map([
    ['log', escaped],
    ['alerts', '[]'],
  ]);
  expect(leaksIn(places, sentinels)).toEqual(['log: the name', 'log: the address']);
});

it('nothing is looked for that stands everywhere', () => {
  expect(() => leaksIn(new Map(), new Map([['x', 'ab']]))).toThrow('too short');
});
