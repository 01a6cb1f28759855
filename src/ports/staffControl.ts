import type { Role } from '../domain/permissions.ts';
import type { Transaction } from './transaction.ts';

/** Somebody as administrators see them. */
export interface StaffMember {
  subject: string;
  name: string | null;
  email: string | null;
  /** Raised by every restriction. */
  version: number;
  withheldRoles: readonly Role[];
  disabled: { at: Date; by: string; reason: string } | null;
  firstSeenAt: Date;
  lastSeenAt: Date;
  sessions: readonly OpenStaffSession[];
}

export interface OpenStaffSession {
  id: string;
  roles: readonly string[];
  methods: readonly string[];
  signedInAt: Date;
  usedAt: Date;
  expiresAt: Date;
}

export interface StaffRestriction {
  subject: string;
  withheldRoles: readonly Role[];
  /** Null: enabled. */
  disabled: { by: string; reason: string } | null;
}

/** What administrators do about staff. */
export interface StaffControl {
  /** Those seen last come first. `after` is the subject that the page before ended with. */
  list(options: { limit: number; after?: string; idleMs: number }): Promise<StaffMember[]>;
  /** Somebody, locked for a decision. */
  lock(
    tx: Transaction,
    subject: string,
  ): Promise<Pick<StaffMember, 'subject' | 'version' | 'withheldRoles' | 'disabled'> | undefined>;
  /** @returns the version after it */
  restrict(tx: Transaction, restriction: StaffRestriction): Promise<number>;
  /** Ends all sessions of somebody, or one; tells how many were open. */
  endSessions(
    tx: Transaction,
    which: { subject: string; sessionId?: string; endedBy: string },
  ): Promise<number>;
}
