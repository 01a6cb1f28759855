import { expect, it } from 'vitest';
import { buildConfig } from '../../test/builders/config.ts';
import { startFaultHttp } from '../../test/vendors/faultHttp.ts';
import { startFaultSmtp } from '../../test/vendors/faultSmtp.ts';
import { variableNames } from './variables.ts';
import { createMailDrill } from './mailDrill.ts';

const deaf = { heardOf: async () => undefined };

it('the drill really sends through each configured provider, and tells staff what to look at', async () => {
  const [smtp, http] = await Promise.all([startFaultSmtp(), startFaultHttp()]);
  http.otherwise(() => ({ mode: 'answer', status: 401, json: { name: 'invalid_api_key', message: 'No.' } }));
  try {
    const drill = createMailDrill(
      buildConfig({
        MAIL_PROVIDERS: 'smtp,resend',
        SMTP_HOST: '127.0.0.1',
        SMTP_PORT: String(smtp.port),
        SMTP_SECURITY: 'none',
        SMTP_USER: undefined,
        SMTP_PASSWORD: undefined,
        RESEND_API_URL: http.url,
      }),
      deaf,
    );
    const results = await drill.run({ to: 'drill@books.example', paused: [] });
    expect(results).toMatchObject([
      { without: [], provider: 'smtp', outcome: 'accepted', evidence: 'answer', seconds: expect.any(Number) },
      {
        without: ['smtp'],
        provider: 'resend',
        outcome: 'refused',
        fault: { reason: 'resend_credentials', remedy: expect.stringContaining('RESEND_API_KEY') },
      },
    ]);
    expect(smtp.taken).toMatchObject([{ to: 'drill@books.example' }]);
    expect(http.requests).toMatchObject([{ method: 'POST', path: '/emails' }]);
    expect(JSON.stringify(results)).not.toContain('drill@books.example');
  } finally {
    await Promise.all([smtp.stop(), http.stop()]);
  }
});

it('the drill says of Listmonk without a journal that nothing is proven, and what would prove it', async () => {
  const http = await startFaultHttp();
  http.otherwise(() => ({ mode: 'answer', status: 200, json: { data: true } }));
  try {
    const drill = createMailDrill(
      buildConfig({
        MAIL_PROVIDERS: 'listmonk',
        LISTMONK_URL: http.url,
        ...Object.fromEntries(
          variableNames.filter((name) => name.startsWith('JOURNAL_')).map((name) => [name, undefined]),
        ),
      }),
      deaf,
    );
    expect(await drill.run({ to: 'drill@books.example', paused: [] })).toMatchObject([
      {
        provider: 'listmonk',
        outcome: 'taken_unproven',
        evidence: null,
        fault: { reason: 'mail_unproven', remedy: expect.stringContaining('JOURNAL_ADDRESS') },
      },
    ]);
  } finally {
    await http.stop();
  }
});
