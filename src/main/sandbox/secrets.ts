import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';

const resendApiKey = () => `re_${randomBytes(16).toString('hex')}`;
const resendWebhookSecret = () => `whsec_${randomBytes(24).toString('base64')}`;

const secretsSchema = z.object({
  stripeSecretKey: z.string(),
  webhookSecret: z.string(),
  linkKey: z.string(),
  mailboxPassword: z.string(),
  // Younger than the others: a data directory from before has none, and gets one at each start.
  staffClientSecret: z.string().default(() => randomBytes(24).toString('base64url')),
  resendApiKey: z.string().default(resendApiKey),
  resendWebhookSecret: z.string().default(resendWebhookSecret),
});

export type SandboxSecrets = z.infer<typeof secretsSchema>;

/** The sandbox's own secrets, made once: a second start must accept the links and webhooks of the first. */
export async function sandboxSecrets(dataDirectory: string): Promise<SandboxSecrets> {
  const file = path.join(dataDirectory, 'secrets.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) return secretsSchema.parse(JSON.parse(text));
  const made: SandboxSecrets = {
    stripeSecretKey: `sk_test_${randomBytes(24).toString('hex')}`,
    webhookSecret: `whsec_${randomBytes(24).toString('hex')}`,
    linkKey: randomBytes(32).toString('hex'),
    mailboxPassword: randomBytes(12).toString('hex'),
    staffClientSecret: randomBytes(24).toString('base64url'),
    resendApiKey: resendApiKey(),
    resendWebhookSecret: resendWebhookSecret(),
  };
  await writeFile(file, JSON.stringify(made, null, 2), { mode: 0o600 });
  return made;
}
