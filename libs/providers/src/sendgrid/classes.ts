import client from '@sendgrid/client';
import mail from '@sendgrid/mail';

/** The packages' declarations export an object alone, and name its class as if that were a named export too. */
export const { Client } = client as typeof client & { Client: new () => typeof client };
export const { MailService } = mail as typeof mail & { MailService: new () => typeof mail };
export type MailService = typeof mail;
export type MailData = Exclude<Parameters<typeof mail.send>[0], readonly unknown[]>;
