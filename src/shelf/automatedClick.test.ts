import { describe, expect, it } from 'vitest';
import { isAutomatedClick } from './automatedClick.ts';

const click = (userAgent: string | undefined, rest: { method?: string; purpose?: string } = {}) =>
  isAutomatedClick({ method: rest.method ?? 'GET', userAgent, purpose: rest.purpose });

const people = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  'Mozilla/5.0 (Linux; Android 13; CUBOT P80 Build/TP1A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (Linux; Android 14; Telegram-Android/11.2) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36',
  'curl/8.5.0',
];

const programs = [
  'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)',
  'Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)',
  'TelegramBot (like TwitterBot)',
  'WhatsApp/2.23.20.0',
  'facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)',
  'Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5',
  'Barracuda Sentinel (EE)',
  'Mozilla/4.0 (compatible; ms-office; MSOffice 16)',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36',
];

describe('automated clicks', () => {
  it.each(people)('a GET by a person counts: %s', (userAgent) => {
    expect(click(userAgent)).toBe(false);
  });

  it.each(programs)('a GET by a program does not: %s', (userAgent) => {
    expect(click(userAgent)).toBe(true);
  });

  it('nameless programs do not count', () => {
    expect(click(undefined)).toBe(true);
    expect(click('  ')).toBe(true);
  });

  it('HEAD never counts', () => {
    expect(click(people[0], { method: 'HEAD' })).toBe(true);
  });

  it('a browser that loads ahead of its reader does not count', () => {
    expect(click(people[0], { purpose: 'prefetch;prerender' })).toBe(true);
    expect(click(people[0], { purpose: 'Preview' })).toBe(true);
    expect(click(people[0], { purpose: 'something-else' })).toBe(false);
  });
});
