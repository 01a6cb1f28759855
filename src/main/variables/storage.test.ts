import { describe, expect, it } from 'vitest';
import { buildConfig } from '../../../test/builders/config.ts';
import { variableNames, variables } from '../variables.ts';
import { storageProviders } from './storage.ts';

const problemsOf = (changes: Record<string, string | undefined>): string[] => {
  try {
    buildConfig(changes);
    return [];
  } catch (error) {
    return (error as Error).message.split('\n');
  }
};

const without = (form: RegExp) =>
  Object.fromEntries(variableNames.filter((name) => form.test(name)).map((name) => [name, undefined]));

describe('the variables of the file store', () => {
  it('mean a directory unless another store is named, and nothing of the others is then needed', () => {
    const config = buildConfig({ ...without(/^STORAGE_/), STORAGE_DIRECTORY: '/srv/books' });
    expect(config.objectStore).toBeNull();
    expect(config.storageDirectory).toBe('/srv/books');
  });

  it('name a bucket of S3', () => {
    const { objectStore } = buildConfig({
      STORAGE_PROVIDER: 's3',
      STORAGE_DIRECTORY: undefined,
      STORAGE_S3_ENDPOINT: undefined,
      STORAGE_S3_CONDITIONAL_WRITES: 'false',
    });
    expect(objectStore).toEqual({
      kind: 's3',
      bucket: 'calm-books-files',
      region: 'eu-central-1',
      accessKeyId: 'AKIAEXAMPLEEXAMPLE00',
      secretAccessKey: 'SecretOfTheAccessKey',
      endpoint: undefined,
      pathStyle: false,
      conditionalWrites: false,
    });
  });

  it('name a bucket of Supabase Storage', () => {
    const { objectStore } = buildConfig({ STORAGE_PROVIDER: 'supabase', STORAGE_DIRECTORY: undefined });
    expect(objectStore).toEqual({
      kind: 'supabase',
      projectUrl: 'https://abcdefghijklmnopqrst.supabase.co',
      secretKey: 'sb_secret_ThisIsYourProjectsSecretKey',
      bucket: 'ebooks',
    });
  });

  it.each(storageProviders)('say what is missing where %s is named, and only that', (provider) => {
    const needed = variableNames.filter((name) => variables[name].storageProvider === provider);
    const problems = problemsOf({ ...without(/^STORAGE_/), STORAGE_PROVIDER: provider });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(needed);
    for (const problem of problems) expect(problem).toContain(`though STORAGE_PROVIDER is ${provider}`);
  });

  it.each([
    ['STORAGE_PROVIDER', 'gcs', 'must be one of local, s3, supabase'],
    ['STORAGE_S3_BUCKET', 'My Bucket', 'must be a bucket’s name'],
    ['STORAGE_S3_REGION', 'eu central', 'must be a region’s name'],
    ['STORAGE_S3_ENDPOINT', 'http://minio.internal:9000', 'must use https'],
    ['STORAGE_S3_ENDPOINT', 'minio.internal', 'must be a URL'],
    ['STORAGE_S3_PATH_STYLE', 'yes', 'must be one of true, false'],
    ['STORAGE_S3_SECRET_ACCESS_KEY', 'two words', 'must be printable characters'],
    ['STORAGE_SUPABASE_URL', 'my-project', 'must be a URL'],
    ['STORAGE_SUPABASE_URL', 'http://abc.supabase.co', 'must use https'],
    ['STORAGE_SUPABASE_URL', 'https://abc.supabase.co/storage/v1', 'must have no path'],
    ['STORAGE_SUPABASE_BUCKET', 'a/b', 'must be a bucket’s name'],
  ])('refuse %s=%s, and do not repeat what was written', (name, text, why) => {
    const problems = problemsOf({ [name]: text });
    expect(problems).toEqual([expect.stringContaining(`${name} ${why}`)]);
    expect(problems[0]).not.toContain(text);
  });
});
