import { randomBytes } from 'node:crypto';
import type { Post } from './webhook.ts';

export interface Mail {
  from: string;
  to: string;
  subject: string;
  text: string;
  headers?: Record<string, string>;
  charset?: 'utf-8' | 'iso-8859-1';
  /** Sent by another person in `from`'s name: SPF fails; the signature and the envelope are that person's. */
  forged?: boolean;
}

const oneLine = (value: string): string => value.replace(/\s*[\r\n]+\s*/g, ' ');
const bare = (address: string): string => /<([^<>]+)>\s*$/.exec(address)?.[1] ?? address;

const FORGER = 'eve@forger.invalid';

/** The mail's headers, as its last server passed them on. */
export function headOf({
  from,
  to,
  subject,
  headers = {},
  charset = 'utf-8',
  forged = false,
}: Mail): Record<string, string> {
  const domain = (forged ? FORGER : bare(from)).split('@').at(-1) ?? '';
  return {
    Received: 'from mx.sandbox.invalid (sandbox [203.0.113.7])',
    'MIME-Version': '1.0',
    From: from,
    To: to,
    Subject: subject,
    Date: new Date().toUTCString(),
    'DKIM-Signature': `v=1; a=rsa-sha256; d=${domain}; s=sandbox; h=from:to:subject; b=c2FuZGJveA==`,
    'Message-ID': `<${randomBytes(12).toString('hex')}@mail.sandbox.invalid>`,
    'Content-Type': `text/plain; charset=${charset}`,
    ...headers,
  };
}

/** A received mail in Inbound Parse's default form: multipart, each field in the charset that `charsets` names. */
export function inboundPost(mail: Mail): Post {
  const { from, to, subject, text, charset = 'utf-8', forged = false } = mail;
  const writer = forged ? FORGER : bare(from);
  const domain = writer.split('@').at(-1) ?? '';
  const sent: Record<string, string> = {
    headers: Object.entries(headOf(mail))
      .map(([name, value]) => `${name}: ${oneLine(value)}\n`)
      .join(''),
    dkim: `{@${domain} : pass}`,
    to,
    from,
    subject,
    text,
    sender_ip: '203.0.113.7',
    envelope: JSON.stringify({ to: [bare(to)], from: writer }),
    attachments: '0',
    SPF: forged ? 'softfail' : 'pass',
    charsets: JSON.stringify(Object.fromEntries(['to', 'subject', 'from', 'text'].map((field) => [field, charset]))),
  };
  let boundary = 'xYzZY';
  while (Object.values(sent).some((value) => value.includes(boundary))) boundary += 'Y';
  const parts = Object.entries(sent).map(
    ([name, value]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, 'user-agent': 'SendGrid/Inbound-Parse' },
    body: Buffer.from(`${parts.join('')}--${boundary}--\r\n`, charset === 'utf-8' ? 'utf8' : 'latin1'),
  };
}
