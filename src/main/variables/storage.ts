import { absolutePath, oneOf, origin, pattern, secureUrl, trueOrFalse } from './kinds.ts';
import { running, type Section } from './variable.ts';

export const storageProviders = ['local', 's3', 'supabase'] as const;
export type StorageProvider = (typeof storageProviders)[number];
export const storageProviderDefault = 'local';

const bucketName = pattern(
  /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/,
  'must be a bucket’s name: 3 to 63 lower-case letters, digits, dots, dashes or underscores',
);

/** Printable characters in one line: what goes into a header. */
const keyText = pattern(/^[\x21-\x7e]{1,2000}$/, 'must be printable characters without blanks');

export const storage = {
  title: 'File store',
  variables: {
    STORAGE_PROVIDER: {
      purpose:
        'Where ebooks, copies and receipts lie: local (a directory), s3 (a bucket of S3, or of a service that speaks like it) or supabase (a bucket of Supabase Storage).',
      example: 'local',
      default: storageProviderDefault,
      commands: running,
      schema: oneOf(storageProviders),
    },
    STORAGE_DIRECTORY: {
      purpose:
        'Directory of ebooks, copies and receipts: on a disk that is backed up and shared by all processes.',
      example: '/var/lib/fulfillment',
      storageProvider: 'local',
      commands: running,
      schema: absolutePath,
    },
    STORAGE_S3_BUCKET: {
      purpose: 'The bucket, which nobody may read without a signature.',
      example: 'calm-books-files',
      storageProvider: 's3',
      commands: running,
      schema: bucketName,
    },
    STORAGE_S3_REGION: {
      purpose: 'Its region; what the service asks for where it has none, often us-east-1.',
      example: 'eu-central-1',
      storageProvider: 's3',
      commands: running,
      schema: pattern(/^[a-z0-9-]{1,40}$/, 'must be a region’s name, for example eu-central-1'),
    },
    STORAGE_S3_ACCESS_KEY_ID: {
      purpose: 'Key that may read, write, list and delete objects of the bucket, and nothing else.',
      example: 'AKIAEXAMPLEEXAMPLE00',
      storageProvider: 's3',
      commands: running,
      schema: keyText,
    },
    STORAGE_S3_SECRET_ACCESS_KEY: {
      purpose: 'Its secret.',
      example: 'SecretOfTheAccessKey',
      storageProvider: 's3',
      secret: true,
      commands: running,
      schema: keyText,
    },
    STORAGE_S3_ENDPOINT: {
      purpose: 'Address of a service that speaks like S3; Amazon’s own when absent.',
      example: 'https://s3.example.net',
      optional: true,
      commands: running,
      schema: secureUrl,
    },
    STORAGE_S3_PATH_STYLE: {
      purpose: 'true: the bucket stands in the path of addresses, as most services of one’s own need it.',
      example: 'false',
      default: 'false',
      commands: running,
      schema: trueOrFalse,
    },
    STORAGE_S3_CONDITIONAL_WRITES: {
      purpose:
        'Whether the service refuses to overwrite when it is asked to (If-None-Match), as Amazon does. false: we look before we write.',
      example: 'true',
      default: 'true',
      commands: running,
      schema: trueOrFalse,
    },
    STORAGE_SUPABASE_URL: {
      purpose: 'Address of the project.',
      example: 'https://abcdefghijklmnopqrst.supabase.co',
      storageProvider: 'supabase',
      commands: running,
      schema: origin,
    },
    STORAGE_SUPABASE_KEY: {
      purpose: 'Its secret (service role) key.',
      example: 'sb_secret_ThisIsYourProjectsSecretKey',
      storageProvider: 'supabase',
      secret: true,
      commands: running,
      schema: keyText,
    },
    STORAGE_SUPABASE_BUCKET: {
      purpose: 'A private bucket.',
      example: 'ebooks',
      storageProvider: 'supabase',
      commands: running,
      schema: bucketName,
    },
  },
} satisfies Section;
