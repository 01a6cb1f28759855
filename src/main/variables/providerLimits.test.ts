import { describe, expect, it } from 'vitest';
import { providerLimits } from './providerLimits.ts';

const complaintAbout = (text: string) => providerLimits.safeParse(text).error?.issues[0]?.message;

describe('limits of providers', () => {
  it('are read per provider, in any order, with blanks anywhere', () => {
    expect(providerLimits.parse('email=10/s,burst:20,concurrency:8;stripe=25/s')).toEqual({
      email: { ratePerSecond: 10, burst: 20, concurrencyMax: 8 },
      stripe: { ratePerSecond: 25 },
    });
    expect(providerLimits.parse(' storage = concurrency:4 ;\n email = burst:5 , 90/min ; ')).toEqual({
      storage: { concurrencyMax: 4 },
      email: { ratePerSecond: 1.5, burst: 5 },
    });
  });

  it('are none when nothing is said', () => {
    expect(providerLimits.parse('')).toEqual({});
  });

  it.each([
    ['smtp=10/s', 'must name providers out of stripe, email, storage, analytics'],
    ['10/s', 'must name providers'],
    ['email', 'must give email its limits after one ='],
    ['email=', 'must give email its limits after one ='],
    ['email=10/s=5', 'must give email its limits after one ='],
    ['email=10/s;email=5/s', 'must name email once'],
    ['email=10/s,5/s', 'must give email each limit once'],
    ['email=burst:5', 'must give email a rate beside its burst'],
    ['email=0/s', 'must give email nothing but limits above 0'],
    ['email=10', 'must limit email by a rate like 10/s'],
    ['email=10/s,', 'must limit email by a rate like 10/s'],
    ['email=-1/s', 'must limit email by a rate like 10/s'],
    ['email=1e3/s', 'must limit email by a rate like 10/s'],
    ['stripe=burst:1.5,10/s', 'must limit stripe by a rate like 10/s'],
    ['stripe=concurrency:0', 'must give stripe nothing but limits above 0'],
    ['stripe=10/s,burst:0', 'must give stripe nothing but limits above 0'],
  ])('are refused as %s, with the field that is wrong', (text, why) => {
    expect(complaintAbout(text)).toContain(why);
  });
});
