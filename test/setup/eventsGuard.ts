import { afterEach } from 'vitest';
import { takeStrange } from '../fakes/strangeEvents.ts';

/** For vitest: in every test of the suite, whatever was emitted can be written into a log as it is. */
afterEach(() => {
  const seen = takeStrange();
  if (seen.length > 0) throw new Error(`Events hold what the log would not write:\n${seen.join('\n')}`);
});
