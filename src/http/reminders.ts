import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Telemetry } from '../ports/telemetry.ts';
import type { ReminderLinks } from '../shelf/stopReminders.ts';
import { preferredLanguage } from './acceptLanguage.ts';
import { reportError } from './errors.ts';
import { takePlainForms } from './plainForm.ts';
import type { ShopFace } from './pages/linkPage.ts';
import type { PageKind } from './pages/words.ts';
import { sendPage } from './sendPage.ts';

export interface ReminderRouteOptions {
  reminderLinks: ReminderLinks;
  telemetry: Telemetry;
  shop: ShopFace;
}

const path = z.object({ '*': z.string() });

/**
 * `GET /reminders/<token>` asks, `POST` of its form stops the reminders: a program that opens every link of a mail
 * stops nothing.
 */
export function reminderRoutes({ reminderLinks, telemetry, shop }: ReminderRouteOptions) {
  const show = (request: FastifyRequest, reply: FastifyReply, kind: PageKind) =>
    sendPage(reply, { kind, language: preferredLanguage(request.headers['accept-language']), shop });
  const tokenOf = (request: FastifyRequest) => path.parse(request.params)['*'];

  return async (server: FastifyInstance): Promise<void> => {
    takePlainForms(server);
    server.setErrorHandler((error, request, reply) => {
      reportError(telemetry, error, 'stop_reminders');
      void show(request, reply, 'unavailable');
    });
    server.get('/reminders/*', async (request, reply) =>
      show(request, reply, reminderLinks.knows(tokenOf(request)) ? 'stopReminders' : 'unknown'),
    );
    server.post('/reminders/*', { bodyLimit: 1024 }, async (request, reply) =>
      show(request, reply, (await reminderLinks.stop(tokenOf(request))) ? 'remindersStopped' : 'unknown'),
    );
  };
}
