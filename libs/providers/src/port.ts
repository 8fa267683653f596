import type { ProviderResponse } from '@leadstream/lead/claim';
import type { MailDataRequired } from '@sendgrid/mail';

export type Letter = Omit<MailDataRequired, 'content' | 'templateId'> & {
  to: string;
  subject: string;
  text: string;
  html: string;
};

export type Outcome = ProviderResponse & { status?: number };
export type Send = (letter: Letter) => Promise<Outcome>;
