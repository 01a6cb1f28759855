import { describe, expect, it } from 'vitest';
import { shop } from '../../../test/builders/sale.ts';
import { languages } from '../../domain/order.ts';
import { claimInvitationMail } from './claimInvitationMail.ts';
import type { ClaimInvitationInput } from './claimInvitationMail.ts';
import { claimReminderMail } from './claimReminderMail.ts';
import type { ClaimReminderInput } from './claimReminderMail.ts';
import { claimWords } from './claimWords.ts';

const purchase = { orderId: '7K3M-Q9XT-4BVD', titles: ['Pierwszy', 'Drugi'], language: 'pl', shop } as const;

const invitation = (changes: Partial<ClaimInvitationInput> = {}) =>
  claimInvitationMail({
    ...purchase,
    code: '7XK4M2QP',
    codeMinutes: 15,
    codeExpiresAt: new Date('2026-11-24T22:20:00Z'),
    signInUrl: 'https://lektura.example/sign-in',
    codeUrl: 'https://lektura.example/claim',
    ...changes,
  });

const reminder = (changes: Partial<ClaimReminderInput> = {}) =>
  claimReminderMail({
    ...purchase,
    reminder: 'first',
    invited: false,
    claimUrl: 'https://lektura.example/claim',
    stopUrl: 'https://lektura.example/claim/reminders/abc',
    ...changes,
  });

describe('claimInvitationMail', () => {
  it('says in Polish where to sign in, what to type and where, until when, and whom to ask', () => {
    const { subject, text } = invitation();
    expect(subject).toBe('Przenieś swoje e-booki na konto – zamówienie 7K3M-Q9XT-4BVD');
    expect(text).toBe(`Przenieś swoje e-booki na konto

Te tytuły kupiono bez zakładania konta. Na koncie zawsze je znajdziesz, razem z nowymi linkami do pobrania.

1. Wróć na stronę, na której poproszono o ten kod, na tym samym koncie:
   https://lektura.example/sign-in

2. Wpisz tam ten kod:

   7XK4M2QP

   https://lektura.example/claim

Kod działa tylko raz, przez 15 minut: do 24 listopada 2026, 23:20 CET. Nie podawaj go nikomu. Nigdy nie poprosimy o niego przez telefon ani w wiadomości.

To nie była Twoja prośba? Nie musisz nic robić: bez kodu nic się nie zmieni. Jeśli to się powtórzy, napisz na adres pomoc@lektura.example.

Twoje e-booki:
  Pierwszy
  Drugi

—
Coś się nie zgadza? Napisz do nas: pomoc@lektura.example. Podaj numer zamówienia 7K3M-Q9XT-4BVD.

Lektura – księgarnia cyfrowa wysyła tę wiadomość w związku z Twoim zakupem. To nie jest reklama.
`);
  });

  it('says the same in English, of one book', () => {
    const { subject, text, html } = invitation({ language: 'en', titles: ['One'] });
    expect(subject).toBe('Take your ebook into your account – order 7K3M-Q9XT-4BVD');
    for (const part of [
      'You bought this title as a guest.',
      '7XK4M2QP',
      'until 24 November 2026, 23:20 CET.',
    ]) {
      expect(text).toContain(part);
      expect(html).toContain(part);
    }
    expect(html).toContain('<html lang="en-GB"');
  });

  it('shows the code where no locked screen does, and in no link', () => {
    const { subject, html } = invitation();
    expect(subject).not.toContain('7XK4M2QP');
    expect(html.split('7XK4M2QP')).toHaveLength(2);
    expect(html).toMatch(/<span[^>]*>7XK4M2QP<\/span>/);
  });

  it.each([
    'https://lektura.example/claim?code=7XK4M2QP',
    'https://lektura.example/claim/7xk4m2qp',
    'https://lektura.example/claim#%37XK4M2QP',
  ])('is not made with the code in a link: %s', (url) => {
    expect(() => invitation({ codeUrl: url })).toThrow(TypeError);
    expect(() => invitation({ signInUrl: url })).toThrow(TypeError);
  });

  it.each(['', '7XK4M2Q', '7XK4M2QPP', '7xk4m2qp', '7XK4-2QP', '<b>4M2QP'])(
    'takes %j for no code',
    (code) => {
      expect(() => invitation({ code })).toThrow(TypeError);
    },
  );

  it('names one page once, where signing in and typing are done on the same', () => {
    const same = 'https://lektura.example/claim';
    const { html, text } = invitation({ signInUrl: same, codeUrl: same });
    expect(text.split(same)).toHaveLength(2);
    expect(html).not.toContain('Otwórz stronę do wpisania kodu');
  });
});

describe('claimReminderMail', () => {
  it('tells what waits, how to claim it, and how not to be reminded', () => {
    const { subject, text, html } = reminder({ language: 'en' });
    expect(subject).toBe('Your ebooks are waiting for you – order 7K3M-Q9XT-4BVD');
    expect(text).toContain(`  Pierwszy
  Drugi

Sign in on the page below. With this address you find your books there at once; with another one ask for a code: we will send it to this address.
https://lektura.example/claim

You need no account to keep your ebooks: they stay yours. If you do nothing, we will remind you once more.
`);
    expect(text).toMatch(
      /No more reminders about this order: https:\/\/lektura\.example\/claim\/reminders\/abc\n$/,
    );
    expect(html).toContain('href="https://lektura.example/claim/reminders/abc"');
  });

  it('is the last one after a week, and says so', () => {
    const { text, html } = reminder({ reminder: 'last', titles: ['Pierwszy'] });
    expect(text).toContain(
      'Konto nie jest konieczne: e-book i tak pozostaje Twój. To ostatnie przypomnienie.',
    );
    expect(text + html).not.toContain('/claim/reminders/');
    expect(text).toMatch(/reklama\.\n$/);
  });

  it('carries no code', () => {
    expect(reminder().text).not.toMatch(/\b[0-9A-Z]{8}\b/);
  });
});

describe('both', () => {
  it('make no link of what is no web address', () => {
    for (const url of ['javascript:alert(1)', 'data:text/html,x', 'not a url']) {
      expect(() => invitation({ signInUrl: url })).toThrow(TypeError);
      expect(() => invitation({ codeUrl: url })).toThrow(TypeError);
      expect(() => reminder({ claimUrl: url })).toThrow(TypeError);
      expect(() => reminder({ stopUrl: url })).toThrow(TypeError);
    }
  });

  it('have every text in both languages', () => {
    const [en, pl] = [claimWords('en'), claimWords('pl')];
    expect(Object.keys(pl)).toEqual(Object.keys(en));
    const same = (Object.keys(en) as Array<keyof typeof en>).filter((key) => en[key] === pl[key]);
    expect(same).toEqual([]);
  });

  it.each(languages)('print a title of which nothing can be seen as an ebook (%s)', (language) => {
    for (const { text } of [
      invitation({ language, titles: ['\u200B\0'] }),
      reminder({ language, titles: [''] }),
    ])
      expect(text).toMatch(/^ {2}E-?book$/m);
  });
});

describe('claimReminderMail of somebody who is invited', () => {
  it.each([
    ['en' as const, 'Choose a password', 'within five days'],
    ['pl' as const, 'Ustaw hasło', 'w ciągu pięciu dni'],
  ])(
    'leads in %s to the page where a password is chosen, and says how long it works',
    (language, go, until) => {
      const claimUrl = 'https://books.eu.auth0.com/lo/reset?ticket=abc#';
      const { html, text } = reminder({ language, invited: true, claimUrl });
      expect(text).toContain(until);
      expect(text).toContain(`\n${claimUrl}\n`);
      expect(html).toContain(go);
      expect(html).toContain(claimUrl);
    },
  );
});
