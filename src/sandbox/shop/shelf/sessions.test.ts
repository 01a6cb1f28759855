import { describe, expect, it } from 'vitest';
import { createSessions, isOwnForm } from './sessions.ts';

const buyer = { subject: 's', email: 'a@b.example', accessToken: 'at', idToken: 'it', expiresInSeconds: 60 };

function given({ secure = false } = {}) {
  const clock = { nowMs: 1_000 };
  const sessions = createSessions({ secure: () => secure, nowMs: () => clock.nowMs, sessionsMax: 3 });
  return { clock, sessions };
}

describe('sessions', () => {
  it('are found by the cookie they gave, among other cookies, and by nothing else', () => {
    const { sessions } = given();
    const session = sessions.open({ language: 'pl', buyer });
    const [cookie = ''] = sessions.cookieFor(session).split(';');
    expect(sessions.find(`other=1; ${cookie}; last=2`)).toBe(session);
    expect(sessions.find(undefined)).toBeUndefined();
    expect(sessions.find('shop_session=; x')).toBeUndefined();
    expect(sessions.find(`${cookie}x`)).toBeUndefined();
    sessions.close(session);
    expect(sessions.find(cookie)).toBeUndefined();
  });

  it('have ids that say nothing, in a cookie that scripts and other sites cannot use', () => {
    const { sessions } = given();
    const cookie = sessions.cookieFor(sessions.open({ language: null, buyer }));
    expect(cookie).toMatch(/^shop_session=[\w-]{43}; Path=\/shelf; HttpOnly; SameSite=Lax$/);
    const secure = given({ secure: true }).sessions;
    expect(secure.cookieFor(secure.open({ language: null, buyer }))).toMatch(/; Secure$/);
    expect(sessions.cookieFor(null)).toContain('Max-Age=0');
  });

  it('end with the access token', () => {
    const { sessions, clock } = given();
    const cookie = sessions.cookieFor(sessions.open({ language: null, buyer }));
    clock.nowMs += 59_999;
    expect(sessions.find(cookie)).toBeDefined();
    clock.nowMs += 1;
    expect(sessions.find(cookie)).toBeUndefined();
  });

  it('make room for new ones: the oldest goes', () => {
    const { sessions } = given();
    const first = sessions.cookieFor(sessions.open({ language: null, buyer: null }));
    const second = sessions.cookieFor(sessions.open({ language: null, buyer: null }));
    for (const language of ['en', 'pl'] as const) sessions.open({ language, buyer: null });
    expect(sessions.find(first)).toBeUndefined();
    expect(sessions.find(second)).toBeDefined();
  });

  it('know their own forms', () => {
    const { sessions } = given();
    const session = sessions.open({ language: null, buyer });
    expect(isOwnForm(session, session.csrfToken)).toBe(true);
    expect(isOwnForm(session, '')).toBe(false);
    expect(isOwnForm(session, session.id)).toBe(false);
  });
});
