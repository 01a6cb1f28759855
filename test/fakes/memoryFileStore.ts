import { createHash } from 'node:crypto';
import { Fault } from '../../src/domain/fault.ts';
import type { FaultDetails } from '../../src/domain/fault.ts';
import type { FileStore } from '../../src/ports/fileStore.ts';
import { createFaultScript } from './faultScript.ts';
import type { FaultScript } from './faultScript.ts';

export interface MemoryFileStore extends FileStore, Pick<FaultScript, 'fail' | 'failAlways'> {
  /** What is stored, by key. Tests may damage or remove objects here. */
  readonly objects: Map<string, { bytes: Uint8Array; contentType: string }>;
}

/** A file store in memory. */
export function createMemoryFileStore(name = 'memory'): MemoryFileStore {
  const script = createFaultScript();
  const objects: MemoryFileStore['objects'] = new Map();

  function admit(key: string, signal: AbortSignal): void {
    if (!isKey(key)) throw fault({ kind: 'permanent', reason: 'storage_key_refused', message: 'Not a key.' });
    if (signal.aborted) throw fault({ kind: 'transient', reason: 'aborted', message: 'Called off.' });
    script.check();
  }

  const fault = (details: FaultDetails) => new Fault({ provider: name, ...details });

  return {
    name,
    objects,
    fail: script.fail,
    failAlways: script.failAlways,
    put: async ({ key, bytes, contentType, sha256 }, signal) => {
      admit(key, signal);
      if (hashOf(bytes) !== sha256) {
        throw fault({ kind: 'transient', reason: 'stored_bytes_damaged', message: 'The hash does not fit.' });
      }
      const present = objects.get(key);
      if (present && hashOf(present.bytes) !== sha256) {
        throw fault({
          kind: 'permanent',
          reason: 'stored_object_differs',
          message: 'Another object is there.',
        });
      }
      if (!present) objects.set(key, { bytes: bytes.slice(), contentType });
      return { sizeBytes: bytes.byteLength, sha256 };
    },
    stat: async (key, signal) => {
      admit(key, signal);
      const bytes = objects.get(key)?.bytes;
      return bytes && { sizeBytes: bytes.byteLength, sha256: hashOf(bytes) };
    },
    read: async (key, signal) => {
      admit(key, signal);
      return objects.get(key)?.bytes.slice();
    },
    signUrl: async (key, { expiresInSeconds, fileName, contentType }) => {
      admit(key, new AbortController().signal);
      const query = new URLSearchParams({
        expires: String(expiresInSeconds),
        name: fileName,
        type: contentType,
      });
      return `https://files.test/${key}?${query.toString()}`;
    },
  };
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const isKey = (key: string) =>
  /^[a-z0-9][A-Za-z0-9._/-]{0,511}$/.test(key) &&
  key.split('/').every((part) => !['', '.', '..'].includes(part));
