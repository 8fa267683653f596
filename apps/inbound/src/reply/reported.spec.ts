import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readMail } from '../mail/mail.ts';
import { classify } from './class.ts';

interface Reported {
  about: string;
  headers: Record<string, string>;
  text: string;
  class: string;
}

const folder = new URL('../fixtures/reported/', import.meta.url);
const cases = readdirSync(folder).map((name) => JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Reported);

describe('an answer as other projects reported it', () => {
  it.each(cases)('is $class. $about', (one) => {
    const headers = Object.entries({ From: 'Jo Park <jo@example.org>', ...one.headers });
    const fields = {
      headers: headers.map(([name, value]) => `${name}: ${value}`).join('\n'),
      envelope: '{"to":["r+abc@reply.example.com"],"from":"jo@example.org"}',
      text: one.text,
    };
    expect(classify(readMail({ fields, cut: [], attachments: [] }))).toMatchObject({ class: one.class });
  });
});
