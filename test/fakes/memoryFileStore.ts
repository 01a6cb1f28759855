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
    if (signal.aborted) throw calledOff();
    script.check();
  }

  const fault = (details: FaultDetails) => new Fault({ provider: name, ...details });
  const calledOff = () => fault({ kind: 'transient', reason: 'aborted', message: 'Called off.' });

  async function* inChunks(bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += 65_536) {
      if (signal.aborted) throw calledOff();
      yield bytes.subarray(at, at + 65_536);
    }
  }

  return {
    name,
    objects,
    fail: script.fail,
    failAlways: script.failAlways,
    put: async ({ key, body, contentType }, signal) => {
      admit(key, signal);
      const bytes = await collect(body.open(signal), body.sizeBytes).catch((thrown: unknown) => {
        throw signal.aborted ? calledOff() : thrown;
      });
      const sha256 = hashOf(bytes);
      if (sha256 !== body.sha256 || bytes.byteLength !== body.sizeBytes) {
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
      if (!present) objects.set(key, { bytes, contentType });
      return { sizeBytes: bytes.byteLength, sha256 };
    },
    stat: async (key, signal) => {
      admit(key, signal);
      const bytes = objects.get(key)?.bytes;
      return bytes && { sizeBytes: bytes.byteLength, sha256: hashOf(bytes) };
    },
    open: async (key, { range }, signal) => {
      admit(key, signal);
      const bytes = objects.get(key)?.bytes;
      if (!bytes) return undefined;
      const wanted = range ? bytes.slice(range.start, range.end + 1) : bytes.slice();
      return { sizeBytes: bytes.byteLength, chunks: inChunks(wanted, signal), close: () => undefined };
    },
    remove: async (key, found, signal) => {
      admit(key, signal);
      const bytes = objects.get(key)?.bytes;
      if (!bytes || hashOf(bytes) !== found.sha256) return false;
      return objects.delete(key);
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

/** A body that goes on longer than was announced is left where it stands. */
async function collect(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk.slice());
    size += chunk.byteLength;
    if (size > sizeBytes) break;
  }
  return new Uint8Array(Buffer.concat(parts));
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const isKey = (key: string) =>
  /^[a-z0-9][A-Za-z0-9._/-]{0,511}$/.test(key) &&
  key.split('/').every((part) => !['', '.', '..'].includes(part));
