import { describe, expect, it } from 'vitest';
import { providerLimits } from './providerLimits.ts';

const complaintAbout = (text: string) => providerLimits.safeParse(text).error?.issues[0]?.message;

describe('limits of providers', () => {
  it('are read per provider, in any order, with blanks anywhere', () => {
    expect(providerLimits.parse('smtp=10/s,burst:20,concurrency:8;stripe=25/s')).toEqual({
      smtp: { ratePerSecond: 10, burst: 20, concurrencyMax: 8 },
      stripe: { ratePerSecond: 25 },
    });
    expect(providerLimits.parse(' storage = concurrency:4 ;\n smtp = burst:5 , 90/min ; ')).toEqual({
      storage: { concurrencyMax: 4 },
      smtp: { ratePerSecond: 1.5, burst: 5 },
    });
  });

  it('are none when nothing is said', () => {
    expect(providerLimits.parse('')).toEqual({});
  });

  it.each([
    [
      'email=10/s',
      'must name providers out of stripe, smtp, resend, listmonk, novu, storage, plausible, posthog',
    ],
    ['10/s', 'must name providers'],
    ['smtp', 'must give smtp its limits after one ='],
    ['smtp=', 'must give smtp its limits after one ='],
    ['smtp=10/s=5', 'must give smtp its limits after one ='],
    ['smtp=10/s;smtp=5/s', 'must name smtp once'],
    ['smtp=10/s,5/s', 'must give smtp each limit once'],
    ['smtp=burst:5', 'must give smtp a rate beside its burst'],
    ['smtp=0/s', 'must give smtp nothing but limits above 0'],
    ['smtp=10', 'must limit smtp by a rate like 10/s'],
    ['smtp=10/s,', 'must limit smtp by a rate like 10/s'],
    ['smtp=-1/s', 'must limit smtp by a rate like 10/s'],
    ['smtp=1e3/s', 'must limit smtp by a rate like 10/s'],
    ['stripe=burst:1.5,10/s', 'must limit stripe by a rate like 10/s'],
    ['stripe=concurrency:0', 'must give stripe nothing but limits above 0'],
    ['stripe=10/s,burst:0', 'must give stripe nothing but limits above 0'],
  ])('are refused as %s, with the field that is wrong', (text, why) => {
    expect(complaintAbout(text)).toContain(why);
  });
});
