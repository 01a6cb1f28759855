import { Fault } from '../domain/fault.ts';

const keyPattern = /^[a-z0-9][A-Za-z0-9._/-]{0,511}$/;

/** True for keys that are plain relative paths: no `..`, no `.`, no empty part, at most 512 characters. */
export function isStorageKey(key: string): boolean {
  return keyPattern.test(key) && key.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}

/** @throws Fault, permanent, for what is no key */
export function assertStorageKey(key: string, provider: string): void {
  if (isStorageKey(key)) return;
  throw new Fault({
    kind: 'permanent',
    reason: 'storage_key_refused',
    message: 'The storage key is not a plain relative path.',
    provider,
  });
}
