import fastify, { type FastifyInstance } from 'fastify';
import { healthRoutes, type HealthOptions } from './health.ts';

/** A server that shows how a process is, and nothing else. It listens when told to. */
export function createHealthServer(options: HealthOptions): FastifyInstance {
  const server = fastify({ logger: false });
  void server.register(healthRoutes(options));
  return server;
}
