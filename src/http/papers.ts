import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Telemetry } from '../ports/telemetry.ts';
import type { PaperPages } from '../shelf/paperPages.ts';
import { preferredLanguage } from './acceptLanguage.ts';
import { attachment } from '../domain/contentDisposition.ts';
import { reportError } from './errors.ts';
import type { ShopFace } from './pages/linkPage.ts';
import { pagePolicy } from './securityHeaders.ts';
import { sendPage } from './sendPage.ts';

export interface PaperRouteOptions {
  receiptPages: PaperPages;
  creditNotePages: PaperPages;
  telemetry: Telemetry;
  shop: ShopFace;
}

const path = z.object({ '*': z.string() });
const pdfEnding = '.pdf';

/** The text of every style element, so that the policy can allow exactly these. */
const styleSheetsOf = (html: string) =>
  Array.from(html.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/gi), ([, css = '']) => css);

/** `GET` and `HEAD` of `/r/<token>` and `/c/<token>`: receipts and credit notes, as a page or, with `.pdf`, as a file. */
export function paperRoutes({ receiptPages, creditNotePages, telemetry, shop }: PaperRouteOptions) {
  return async (server: FastifyInstance): Promise<void> => {
    const papers = [
      { url: '/r/*', pages: receiptPages, unknown: 'noReceipt', during: 'show_receipt' },
      { url: '/c/*', pages: creditNotePages, unknown: 'noCreditNote', during: 'show_credit_note' },
    ] as const;
    for (const { url, pages, unknown, during } of papers) {
      server.route({
        method: ['GET', 'HEAD'],
        url,
        handler: async (request, reply) => {
          const asked = path.parse(request.params)['*'];
          const language = preferredLanguage(request.headers['accept-language']);
          reply.header('cache-control', 'private, no-store');
          if (asked.endsWith(pdfEnding)) {
            const pdf = await pages.pdf(asked.slice(0, -pdfEnding.length));
            if (pdf === undefined) return sendPage(reply, { kind: unknown, language, shop });
            return reply
              .header('content-disposition', attachment(pdf.fileName))
              .type('application/pdf')
              .send(Buffer.from(pdf.bytes));
          }
          const html = await pages.html(asked);
          if (html === undefined) return sendPage(reply, { kind: unknown, language, shop });
          return reply
            .header('content-security-policy', pagePolicy(styleSheetsOf(html)))
            .type('text/html; charset=utf-8')
            .send(html);
        },
        errorHandler: (error, request, reply) => {
          reportError(telemetry, error, during);
          const language = preferredLanguage(request.headers['accept-language']);
          void sendPage(reply, { kind: 'unavailable', language, shop });
        },
      });
    }
  };
}
