import { describeMailer } from './mailer.contract.ts';
import { startListmonkMailer } from './mailer.listmonk.harness.ts';

describeMailer('Listmonk', () => startListmonkMailer(false));
describeMailer('Listmonk with a journal', () => startListmonkMailer(true));
