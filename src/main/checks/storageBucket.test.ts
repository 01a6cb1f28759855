import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SupabaseStandIn, startSupabaseStandIn } from '../../../test/vendors/supabaseStorage.ts';
import { type S3StandIn, startS3StandIn } from '../../../test/vendors/s3StandIn.ts';
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

describe('a bucket of S3', () => {
  let standIn: S3StandIn;
  beforeEach(async () => {
    standIn = await startS3StandIn();
  });
  afterEach(() => standIn.stop());

  const options = { kind: 's3', region: 'us-east-1', pathStyle: true, conditionalWrites: true } as const;
  const failure = (detail: string, remedy: string) => [
    {
      state: 'failed',
      detail: expect.stringContaining(detail) as string,
      remedy: expect.stringContaining(remedy) as string,
    },
  ];

  it('is fine when it does all that is needed, and nothing stays in it', async () => {
    expect(await examineBucket({ ...standIn, ...options }, signal)).toMatchObject([{ state: 'ok' }]);
    expect(standIn.objects.size).toBe(0);
  });

  it('fails when it overwrites although it is asked not to, and nothing stays in it', async () => {
    standIn.mood('overwrites');
    expect(await examineBucket({ ...standIn, ...options }, signal)).toMatchObject(
      failure('overwritten', 'STORAGE_S3_CONDITIONAL_WRITES=false'),
    );
    expect(standIn.objects.size).toBe(0);
  });

  it('fails when what comes back is not what was put in', async () => {
    standIn.mood('gives_back_others');
    expect(await examineBucket({ ...standIn, ...options }, signal)).toMatchObject(
      failure('does not come back', 'proxy'),
    );
  });

  it('fails when it is not there, is elsewhere or may not be used, and says what to check', async () => {
    const missing = await examineBucket({ ...standIn, ...options, bucket: 'none' }, signal);
    expect(missing).toMatchObject(failure('STORAGE_S3_BUCKET', 'STORAGE_'));
    standIn.mood('elsewhere');
    expect(await examineBucket({ ...standIn, ...options }, signal)).toMatchObject(
      failure('STORAGE_S3_BUCKET', 'STORAGE_'),
    );
    standIn.mood('denied');
    const denied = await examineBucket({ ...standIn, ...options }, signal);
    expect(denied).toMatchObject(failure('does not let our key', 'STORAGE_'));
    expect(JSON.stringify(denied)).not.toContain(standIn.secretAccessKey);
  });

  it('fails when it serves objects without a signature', async () => {
    const server = await startS3rver();
    try {
      const found = await examineBucket({ ...server, ...options, conditionalWrites: false }, signal);
      expect(found).toMatchObject(failure('without a signature', 'private'));
    } finally {
      await server.stop();
    }
  });
});
