import path from 'node:path';
import { Fault } from '../../domain/fault.ts';

const keyPattern = /^[a-z0-9][A-Za-z0-9._/-]{0,511}$/;

/** True for keys that are plain relative paths: no `..`, no `.`, no empty part, at most 512 characters. */
export function isStorageKey(key: string): boolean {
  return keyPattern.test(key) && key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/**
 * The path of a key under an absolute root.
 *
 * @throws Fault, permanent, for keys that are none or that would leave the root
 */
export function pathOfKey(root: string, key: string): string {
  const full = path.resolve(root, key);
  if (!isStorageKey(key) || !full.startsWith(root + path.sep)) {
    throw new Fault({
      kind: 'permanent',
      reason: 'storage_key_refused',
      message: 'The storage key is not a plain relative path.',
      provider: 'localDisk',
    });
  }
  return full;
}
