import { describeMailer } from './mailer.contract.ts';
import { startResend } from './mailer.resend.harness.ts';

describeMailer('Resend', startResend);
