import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SupabaseStandIn, startSupabaseStandIn } from '../../../test/vendors/supabaseStorage.ts';
import { startS3rver } from '../../../test/vendors/s3Servers.ts';
import { examineBucket } from './storageBucket.ts';

const signal = AbortSignal.timeout(20_000);

describe('a bucket of Supabase Storage', () => {
  let standIn: SupabaseStandIn;
  beforeEach(async () => {
    standIn = await startSupabaseStandIn();
  });
  afterEach(() => standIn.stop());

  it('is fine when it does all that is needed, and nothing stays in it', async () => {
    expect(await examineBucket({ kind: 'supabase', ...standIn }, signal)).toMatchObject([{ state: 'ok' }]);
    expect(standIn.objects.size).toBe(0);
  });

  it('fails when anybody may read it', async () => {
    standIn.setPublic(true);
    expect(await examineBucket({ kind: 'supabase', ...standIn }, signal)).toMatchObject([
      {
        state: 'failed',
        detail: expect.stringContaining('public'),
        remedy: expect.stringContaining('private'),
      },
    ]);
  });

  it('fails when it is not there or the key is wrong, and says what to check', async () => {
    for (const wrong of [{ bucket: 'none' }, { secretKey: 'sb_secret_wrong' }]) {
      const [finding] = await examineBucket({ kind: 'supabase', ...standIn, ...wrong }, signal);
      expect(finding).toMatchObject({
        state: 'failed',
        detail: expect.stringContaining('STORAGE_SUPABASE_'),
      });
      expect(JSON.stringify(finding)).not.toContain('sb_secret_wrong');
    }
  });
});

it('a bucket of S3 that serves objects without a signature fails', async () => {
  const server = await startS3rver();
  try {
    const options = { region: 'us-east-1', pathStyle: true, conditionalWrites: false };
    const found = await examineBucket({ kind: 's3', ...server, ...options }, signal);
    expect(found).toMatchObject([
      { state: 'failed', detail: expect.stringContaining('without a signature') },
    ]);
  } finally {
    await server.stop();
  }
});
