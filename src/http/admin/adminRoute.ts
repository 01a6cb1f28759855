import { permissions, type Permission } from '../../domain/permissions.ts';
import type { AnyOperation } from '../../operations/frame/operation.ts';

export const adminPrefix = '/v1/admin';

/**
 * What a route asks of whoever calls it: a permission, or that they are known at all (`signed_in`). `public` is for the
 * pages of signing in, and for refusals that tell nothing.
 */
export type Access = Permission | 'signed_in' | 'public';

const accesses: ReadonlySet<unknown> = new Set<Access>([...permissions, 'signed_in', 'public']);

export const isAccess = (value: unknown): value is Access => accesses.has(value);

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Demanded of every route below `/v1/admin`. */
    permission?: Access;
    /** The operation that the route asks for, which checks the permission itself and writes down refusals. */
    operation?: string;
    /** It changes nothing, though it is asked by POST. */
    looks?: boolean;
  }
}

/** Looking is GET, unless it is written into the audit: then it needs a reason, and so a body. */
export function methodOf(operation: AnyOperation): 'GET' | 'POST' {
  return operation.kind === 'read' && operation.audited === undefined ? 'GET' : 'POST';
}

export const urlOf = (operation: AnyOperation) => `${adminPrefix}${operation.path}`;

export interface AdminRoute {
  method: 'GET' | 'POST';
  /** With the prefix. */
  url: string;
  /** The second way to ask the same. */
  again: boolean;
}

/** Every way to ask for an operation. */
export function routesOf(operation: AnyOperation): AdminRoute[] {
  const route = { method: methodOf(operation), url: urlOf(operation), again: false };
  if (operation.kind === 'change' || operation.byBody === undefined) return [route];
  return [route, { method: 'POST', url: `${adminPrefix}${operation.byBody}`, again: true }];
}

/** The fields of the input that stand in the path, in its order. */
export function pathFieldsOf(path: string): string[] {
  return Array.from(path.matchAll(/:(\w+)/g), ([, name = '']) => name);
}
