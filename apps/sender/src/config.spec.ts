import { expect, it } from '@jest/globals';
import { loadConfig } from '@leadstream/service/config';
import { config } from './config.ts';

it('a missing certificate of the mail server is told with all other problems, before anything is connected', () => {
  const settings = { ESP: 'smtp', SMTP_HOST: 'mail.example.com', SMTP_CA: '/nowhere/ca.pem' };
  expect(() => loadConfig(config, settings)).toThrow(
    /TOKEN_SECRET: is required[^]*SMTP_CA: its file cannot be read \(ENOENT\)/,
  );
});
