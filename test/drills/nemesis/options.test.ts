import { describe, expect, it } from 'vitest';
import { readNemesisOptions, replayCommand } from './options.ts';

describe('the options of the long form', () => {
  it('have defaults, and a seed from the time', () => {
    expect(readNemesisOptions([], 1_234_567)).toEqual({ payments: 2_000, minutes: 12, seed: 234_567 });
  });

  it('come back as the command that replays a run', () => {
    const options = readNemesisOptions(['--payments', '50', '--minutes', '0.5', '--seed', '7'], 0);
    expect(replayCommand(options)).toBe('npm run drills -- --payments 50 --minutes 0.5 --seed 7');
    expect(readNemesisOptions(replayCommand(options).split(' ').slice(4), 99)).toEqual(options);
  });

  it.each([
    [['--payments', 'many'], /--payments must be a number from 1 to 5000, and is "many"/],
    [['--payments', '1.5'], /--payments must be a whole number/],
    [['--minutes', '0'], /--minutes must be a number from 0.2 to 600/],
    [['--seed', ''], /--seed must be a number/],
    [['--speed', '3'], /--speed/],
    [['fast'], /fast/],
  ])('are refused with a reason: %j', (argv, reason) => {
    expect(() => readNemesisOptions(argv, 0)).toThrow(reason);
  });
});
