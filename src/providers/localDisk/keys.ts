import path from 'node:path';
import { assertStorageKey } from '../storageKey.ts';

/**
 * The path of a key under an absolute root.
 *
 * @throws Fault, permanent, for keys that are none: one could leave the root
 */
export function pathOfKey(root: string, key: string): string {
  assertStorageKey(key, 'localDisk');
  return path.resolve(root, key);
}
