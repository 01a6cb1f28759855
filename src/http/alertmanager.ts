import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { AlertConfirmations } from '../ports/alertDelivery.ts';
import { bearerTokenOf, Unauthorized } from './bearer.ts';
import { refuseOtherMethods } from './otherMethods.ts';
import { HttpProblem } from './problem.ts';

export interface AlertmanagerRouteOptions {
  /** Whoever has it may say what people were told. */
  token: string;
  confirmations: AlertConfirmations;
}

const bodyMaxBytes = 1024 * 1024;

/** As Alertmanager's webhook sends it (prometheus.io/docs/alerting/latest/configuration, webhook_config), version 4. */
const notification = z.object({
  version: z.literal('4'),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels: z.record(z.string(), z.string()),
      }),
    )
    .max(5_000),
});

/** `POST /internal/alertmanager`: what Alertmanager has told people of, and that it is there. */
export function alertmanagerRoutes({ token, confirmations }: AlertmanagerRouteOptions) {
  const wanted = digestOf(token);
  return async (server: FastifyInstance): Promise<void> => {
    const url = '/internal/alertmanager';
    refuseOtherMethods(server, url, ['POST']);
    server.post(url, {
      bodyLimit: bodyMaxBytes,
      // Before the body is read: whoever is nobody sends a megabyte to nobody.
      onRequest: async (request) => {
        const given = bearerTokenOf(request.headers.authorization ?? '') ?? '';
        if (!timingSafeEqual(digestOf(given), wanted))
          throw new Unauthorized(
            'This is for Alertmanager.',
            'Bearer realm="alertmanager"',
            'Send the token of ALERTMANAGER_TOKEN as "Authorization: Bearer …".',
          );
      },
      handler: async (request, reply) => {
        const read = notification.safeParse(request.body);
        if (!read.success) throw notUnderstood();
        const { alerts } = read.data;
        const told = alerts.flatMap(({ status, labels }) =>
          labels['rule'] === undefined
            ? []
            : [{ rule: labels['rule'].slice(0, 100), firing: status === 'firing' }],
        );
        const watchdog = alerts.some(
          ({ status, labels }) => status === 'firing' && labels['alertname'] === 'Watchdog',
        );
        await confirmations.confirm(told, watchdog);
        return reply.header('cache-control', 'no-store').code(204).send();
      },
    });
  };
}

/** Of the same length whatever was sent, so that comparing takes the same time. */
const digestOf = (text: string) => createHash('sha256').update(text).digest();

const notUnderstood = () =>
  new HttpProblem({
    status: 422,
    code: 'not_understood',
    detail: 'The body is no notification of Alertmanager, version 4.',
    remedy: 'Name this address in a webhook_config of Alertmanager.',
  });
