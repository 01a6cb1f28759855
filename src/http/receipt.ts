import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Telemetry } from '../ports/telemetry.ts';
import type { ReceiptPages } from '../shelf/receiptPages.ts';
import { preferredLanguage } from './acceptLanguage.ts';
import { attachment } from './contentDisposition.ts';
import { reportError } from './errors.ts';
import type { ShopFace } from './pages/linkPage.ts';
import { pagePolicy } from './securityHeaders.ts';
import { sendPage } from './sendPage.ts';

export interface ReceiptRouteOptions {
  receiptPages: ReceiptPages;
  telemetry: Telemetry;
  shop: ShopFace;
}

const path = z.object({ '*': z.string() });
const pdfEnding = '.pdf';

/** The text of every style element, so that the policy can allow exactly these. */
const styleSheetsOf = (html: string) =>
  Array.from(html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi), ([, css = '']) => css);

/** `GET` and `HEAD /r/<token>` and `/r/<token>.pdf`. */
export function receiptRoutes({ receiptPages, telemetry, shop }: ReceiptRouteOptions) {
  return async (server: FastifyInstance): Promise<void> => {
    server.route({
      method: ['GET', 'HEAD'],
      url: '/r/*',
      handler: async (request, reply) => {
        const asked = path.parse(request.params)['*'];
        const language = preferredLanguage(request.headers['accept-language']);
        reply.header('cache-control', 'private, no-store');
        if (asked.endsWith(pdfEnding)) {
          const pdf = await receiptPages.pdf(asked.slice(0, -pdfEnding.length));
          if (pdf === undefined) return sendPage(reply, { kind: 'noReceipt', language, shop });
          return reply
            .header('content-disposition', attachment(pdf.fileName))
            .type('application/pdf')
            .send(Buffer.from(pdf.bytes));
        }
        const html = await receiptPages.html(asked);
        if (html === undefined) return sendPage(reply, { kind: 'noReceipt', language, shop });
        return reply
          .header('content-security-policy', pagePolicy(styleSheetsOf(html)))
          .type('text/html; charset=utf-8')
          .send(html);
      },
      errorHandler: (error, request, reply) => {
        reportError(telemetry, error, 'show_receipt');
        const language = preferredLanguage(request.headers['accept-language']);
        void sendPage(reply, { kind: 'unavailable', language, shop });
      },
    });
  };
}
