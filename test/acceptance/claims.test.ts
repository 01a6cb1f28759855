import { expect, it } from 'vitest';
import { embeddedClaimTarget } from '../../src/main/smoke/embedded.ts';
import { runClaimSmoke } from '../../src/main/smoke/runClaimSmoke.ts';

it(
  'a guest’s book is claimed by a code, once and by one alone, on the whole stack',
  { timeout: 60_000 },
  async () => {
    const { target, close } = await embeddedClaimTarget(() => undefined);
    try {
      const results = await runClaimSmoke(target, { deadlineSeconds: 45, onResult: () => undefined });
      expect(results.filter(({ state }) => state !== 'ok')).toEqual([]);
      expect(results.at(-1)?.check).toBe('second claimant');
    } finally {
      await close({ keep: false });
    }
  },
);
