import { describe, expect, it } from 'vitest';
import { fingerprintOf, judgeSecrets } from './stripeSecrets.ts';

const secret = 'whsec_first';

describe('signing secrets', () => {
  it('are told apart by fingerprints that give nothing away', () => {
    // sha256sum of the text.
    expect(fingerprintOf('abc')).toBe('ba7816bf');
    const [finding] = judgeSecrets([secret]);
    expect(finding).toMatchObject({ state: 'ok', detail: `one, with fingerprint ${fingerprintOf(secret)}` });
    expect(JSON.stringify(finding)).not.toContain(secret);
  });

  it('are two while one is being rolled, and doubtful when they are the same', () => {
    expect(judgeSecrets([secret, 'whsec_second'])).toMatchObject([
      { state: 'note', remedy: expect.stringContaining('Remove the old one') },
    ]);
    expect(judgeSecrets([secret, secret])).toMatchObject([{ state: 'warning' }]);
  });
});
