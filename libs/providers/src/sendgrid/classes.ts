import client from '@sendgrid/client';
import helpers from '@sendgrid/helpers';
import mail from '@sendgrid/mail';

/** The packages' declarations export an object alone, and name its class as if that were a named export too. */
export const { Client } = client as typeof client & { Client: new () => typeof client };
export const { MailService } = mail as typeof mail & { MailService: new () => MailService };
export const { Mail } = helpers.classes;
export type Mail = InstanceType<typeof Mail>;
/** It sends a Mail as it is, which its declaration leaves out. */
export type MailService = typeof mail & { send(data: Mail): ReturnType<typeof mail.send> };
