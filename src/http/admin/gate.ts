import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler, RouteOptions } from 'fastify';
import { may, type Permission, rolesWith } from '../../domain/permissions.ts';
import type { Clock } from '../../ports/clock.ts';
import { HttpProblem } from '../problem.ts';
import { addressKey } from './addressKey.ts';
import { adminPrefix, isAccess } from './adminRoute.ts';
import { createGuessLimit } from './guessLimit.ts';
import { createRateLimiter } from './rateLimit.ts';
import type { Identify, StaffCaller } from './staffCaller.ts';

export interface AdminLimits {
  /** Of one member of staff, in a minute. */
  readsPerMinute: number;
  changesPerMinute: number;
  /** Of one address that could not say who it is, in a minute. */
  failuresPerMinute: number;
}

const usualLimits: AdminLimits = { readsPerMinute: 120, changesPerMinute: 30, failuresPerMinute: 20 };

export interface GateOptions {
  identify: Identify;
  clock: Pick<Clock, 'elapsedMs'>;
  limits?: Partial<AdminLimits>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null before the gate, and on public routes. */
    staff: StaffCaller | null;
  }
}

/**
 * Puts a gate before every route below `/v1/admin`, whoever adds it and whenever. A route that does not say what it asks
 * of its callers is a mistake, with which the server does not start. To be called before any route is added.
 *
 * @throws Error from whatever adds such a route
 */
export function guardAdminRoutes(server: FastifyInstance, options: GateOptions | undefined): void {
  const gateFor = options && createGate(options);
  server.decorateRequest('staff', null);
  server.addHook('onRoute', (route) => {
    if (route.url !== adminPrefix && !route.url.startsWith(`${adminPrefix}/`)) return;
    const { permission, operation } = route.config ?? {};
    const name = `${[route.method].flat().join(', ')} ${route.url}`;
    if (!isAccess(permission))
      throw new Error(`The route ${name} does not declare which permission it needs (config.permission).`);
    if (permission === 'public') return;
    if (!gateFor) throw new Error(`The route ${name} is for staff, and nothing here knows who they are.`);
    // Operations check it themselves: they write down who was refused.
    const checksItself = operation !== undefined || permission === 'signed_in';
    route.onRequest = [gateFor(checksItself ? null : permission), ...hooksOf(route)];
  });
}

const hooksOf = ({ onRequest }: RouteOptions) => (onRequest === undefined ? [] : [onRequest].flat());

/** Who sends the request, as the gate has found out. */
export function staffOf({ staff }: FastifyRequest): StaffCaller {
  if (!staff) throw new Error('This route is not behind the gate.');
  return staff;
}

const changes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

const mayChange = ({ method, routeOptions: { config } }: FastifyRequest) =>
  changes.has(method) && config.looks !== true;

/** Without one nothing is looked up; pages of others can send such requests from anybody's browser. */
const showedCredential = ({ headers }: FastifyRequest) =>
  headers.authorization !== undefined || headers.cookie !== undefined;

/** Gates that share their limits. */
function createGate({ identify, clock, limits }: GateOptions) {
  const { readsPerMinute, changesPerMinute, failuresPerMinute } = { ...usualLimits, ...limits };
  const reading = createRateLimiter({ clock, perMinuteMax: readsPerMinute });
  const changing = createRateLimiter({ clock, perMinuteMax: changesPerMinute });
  const failing = createRateLimiter({ clock, perMinuteMax: failuresPerMinute });

  const guesses = createGuessLimit({
    tokens: failing,
    isWrong: (error) => error instanceof HttpProblem && error.problem.status === 401,
    refused: tooMany,
  });

  /** Before anything is looked up: whoever guesses shall not cost a query for each guess. */
  async function whoSends(request: FastifyRequest): Promise<StaffCaller> {
    const address = addressKey(request.ip);
    if (showedCredential(request)) return guesses.check(address, () => identify(request));
    insistOnPlace(failing.waitSeconds(address));
    return identify(request);
  }

  return (needed: Permission | null): onRequestAsyncHookHandler =>
    async (request) => {
      const staff = await whoSends(request);
      insistOnPlace((mayChange(request) ? changing : reading).take(staff.subject));
      if (needed !== null && !may(staff.roles, needed)) throw notAllowed(needed);
      request.staff = staff;
    };
}

const notAllowed = (needed: Permission) =>
  new HttpProblem({
    status: 403,
    code: 'not_allowed',
    detail: 'Your roles do not allow this.',
    remedy: `It needs one of: ${rolesWith(needed).join(', ')}. Ask an administrator.`,
  });

function insistOnPlace(waitSeconds: number): void {
  if (waitSeconds > 0) throw tooMany(waitSeconds);
}

const tooMany = (waitSeconds: number) =>
  new HttpProblem({
    status: 429,
    code: 'too_many',
    detail: 'These are more requests than one may send in a minute.',
    remedy: `Wait ${waitSeconds} s. For many orders at once there are bulk runs.`,
    retryAfterSeconds: waitSeconds,
  });
