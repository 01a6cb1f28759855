import { describe, expect, it } from 'vitest';
import type { Permission } from './permissions.ts';
import { effectiveRoles, may, permissions, permissionsOf, roles, rolesWith } from './permissions.ts';

const reading = /:(search|show|read)$/;

describe('the table of permissions', () => {
  it('gives every permission to somebody, and all of them to the admin', () => {
    expect(permissions.filter((permission) => rolesWith(permission).length === 0)).toEqual([]);
    expect(permissionsOf(['ops_admin'])).toEqual(permissions);
  });

  it('lets a viewer read and do nothing else', () => {
    const viewer = permissionsOf(['ops_viewer']);
    expect(viewer.filter((permission) => !reading.test(permission))).toEqual([]);
    expect(viewer).not.toContain('audit:read');
  });

  it('lets an editor do again what was owed, and change nothing that is owed', () => {
    const more = permissionsOf(['ops_editor']).filter((permission) => !may(['ops_viewer'], permission));
    expect(more).toEqual([
      'orders:export',
      'job:retry',
      'step:retry',
      'receipt:resend',
      'links:reissue',
      'downloads:extend',
      'refund:attribute',
      'webhook:reprocess',
      'catch_up:run',
      'alert:acknowledge',
      'bulk:plan',
      'bulk:run',
      'bulk:control',
    ]);
  });

  it('lets finance say what refunds are for, reconcile, export and audit beside reading', () => {
    const more = permissionsOf(['ops_finance']).filter((permission) => !may(['ops_viewer'], permission));
    expect(more).toEqual([
      'orders:export',
      'evidence:export',
      'refund:attribute',
      'reconciliation:fix',
      'audit:read',
      'audit:verify',
      'audit:export',
    ]);
  });

  it('adds up roles', () => {
    expect(may(['ops_viewer', 'ops_editor'], 'job:retry')).toBe(true);
    expect(may(['ops_editor', 'ops_finance'], 'job:cancel')).toBe(false);
  });

  it.each([[[]], [['ops_root']], [['OPS_ADMIN']], [['admin']], [['__proto__']]])(
    'refuses everything to %j',
    (held) => {
      expect(permissionsOf(held)).toEqual([]);
    },
  );

  it.each(['toString', '__proto__', 'job:delete', ''])('refuses the unknown permission %j to all', (name) => {
    expect(may(roles, name as Permission)).toBe(false);
  });
});

describe('the roles somebody has', () => {
  it('are those of the token alone when we have no row', () => {
    expect(effectiveRoles(['ops_editor', 'ops_root'], undefined)).toEqual(['ops_editor']);
  });

  it('can only become fewer by our row', () => {
    const row = { withheldRoles: ['ops_admin'], disabled: false };
    expect(effectiveRoles(['ops_admin', 'ops_viewer'], row)).toEqual(['ops_viewer']);
    expect(effectiveRoles([], row)).toEqual([]);
  });

  it('are none when the row is disabled', () => {
    expect(effectiveRoles(['ops_admin'], { withheldRoles: [], disabled: true })).toEqual([]);
  });
});
