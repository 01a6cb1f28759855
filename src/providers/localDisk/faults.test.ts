import { describe, expect, it } from 'vitest';
import { diskErrorCode, diskFault } from './faults.ts';

describe('the fault table of the disk', () => {
  it.each([
    ['ENOSPC', 'transient', 'storage_full'],
    ['EDQUOT', 'transient', 'storage_full'],
    ['EACCES', 'transient', 'storage_denied'],
    ['EPERM', 'transient', 'storage_denied'],
    ['EROFS', 'transient', 'storage_denied'],
    ['EMFILE', 'transient', 'storage_busy'],
    ['ENFILE', 'transient', 'storage_busy'],
    ['EBUSY', 'transient', 'storage_busy'],
    ['EISDIR', 'permanent', 'storage_key_refused'],
    ['ENAMETOOLONG', 'permanent', 'storage_key_refused'],
    ['ELOOP', 'permanent', 'storage_key_refused'],
    ['EIO', 'transient', 'storage_io'],
    ['ENOTDIR', 'transient', 'storage_io'],
    ['ABORT_ERR', 'transient', 'aborted'],
    ['toString', 'transient', 'storage_io'],
    [undefined, 'transient', 'storage_io'],
  ])('calls %s %s, %s', (code, kind, reason) => {
    expect(diskFault(code)).toMatchObject({ kind, reason, provider: 'localDisk' });
  });

  it('names the code, and no path', () => {
    expect(diskFault('ENOSPC').message).toBe('The disk is full (ENOSPC).');
  });

  it('reads the code of an error, and knows an abort by its name', () => {
    expect(diskErrorCode(Object.assign(new Error('x'), { code: 'EIO' }))).toBe('EIO');
    expect(diskErrorCode(new DOMException('x', 'AbortError'))).toBe('ABORT_ERR');
    expect(diskErrorCode(null)).toBeUndefined();
  });
});
