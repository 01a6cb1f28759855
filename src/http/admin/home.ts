import type { FastifyReply, FastifyRequest } from 'fastify';
import { html } from '../../domain/html.ts';
import type { StaffDesk, StaffIdentity } from '../../staff/staffDesk.ts';
import { adminPrefix } from './adminRoute.ts';
import type { StaffCookies } from './cookies.ts';
import { sendSignInPage } from './signInPage.ts';
import { sendStaffPage } from './staffPage.ts';

export interface HomeOptions {
  desk: Pick<StaffDesk, 'ofSession'>;
  cookies: StaffCookies;
  ownOrigin: string;
  signInPath: string;
  signOutPath: string;
}

/** Where a sign-in in the browser ends: who one is here, and the way out. */
export function createHome({ desk, cookies, ownOrigin, signInPath, signOutPath }: HomeOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const token = cookies.session.read(request.headers.cookie);
    if (token === undefined) return reply.redirect(signInPath, 303);
    const admission = await desk.ofSession(token);
    if (!admission.ok)
      return sendSignInPage(
        reply,
        admission.refusal === 'not_signed_in' ? 'session_over' : admission.refusal,
      );
    return sendHome(reply, admission.identity, { ownOrigin, signOutPath });
  };
}

function sendHome(
  reply: FastifyReply,
  { subject, name, roles, endsAt }: StaffIdentity,
  { ownOrigin, signOutPath }: Pick<HomeOptions, 'ownOrigin' | 'signOutPath'>,
): FastifyReply {
  const until = `${endsAt.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return sendStaffPage(reply, {
    status: 200,
    heading: 'You are signed in',
    hasForm: true,
    content: html`<dl>
        <dt>As</dt>
        <dd>${name ?? subject}</dd>
        <dt>Roles</dt>
        <dd>${roles.join(', ') || 'none any more: an administrator withholds them'}</dd>
        <dt>Until</dt>
        <dd>${until}, or half an hour without use</dd>
        <dt>API</dt>
        <dd>
          <code>${ownOrigin}<wbr />${adminPrefix}</code>
        </dd>
      </dl>
      <p>Orders are looked at and mended on the command line:</p>
      <p><code>fulfillment login --api ${ownOrigin}</code></p>
      <form method="post" action="${signOutPath}">
        <button class="action">Sign out</button>
      </form>`,
  });
}
