import type { Command } from 'commander';
import { Fault } from '../domain/fault.ts';
import type { ShopWebhookDuties } from './duties.ts';
import { exitCodes, type ExitCode } from './exitCodes.ts';
import type { Terminal } from './terminal.ts';

export interface ShopWebhookOptions {
  terminal: Terminal;
  duties(): ShopWebhookDuties;
  ended(code: ExitCode): void;
}

const patienceMs = 20_000;

/** `fulfillment shop-webhook test`: whether the shop's endpoint takes what it will be told. */
export function addShopWebhook(program: Command, options: ShopWebhookOptions): void {
  program
    .command('shop-webhook')
    .description('the endpoint that the shop is told at what became of orders')
    .helpCommand(false)
    .command('test')
    .description('send one signed webhook.test to SHOP_WEBHOOK_URL and say what came back')
    .addHelpText('after', '\nExamples:\n  $ fulfillment shop-webhook test')
    .action(async () => options.ended(await test(options)));
}

async function test({ terminal, duties }: ShopWebhookOptions): Promise<ExitCode> {
  try {
    const { url, id, status, secrets } = await duties().test(AbortSignal.timeout(patienceMs));
    terminal.print(`${url} took ${id} with ${status}.`);
    const signed = secrets === 1 ? 'one signature' : `${secrets} signatures, the newest first`;
    terminal.say(
      `It carried webhook-id, webhook-timestamp and ${signed} in webhook-signature. How to verify it: docs/shop-webhook.md.`,
    );
    return exitCodes.ok;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    terminal.say(`Not taken: ${error.message} (${error.reason})`);
    return exitCodes.checkFailed;
  }
}
