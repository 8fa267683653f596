/** The settings without a default, for services that a test starts; servers and the provider's URL are the caller's. */
export const exampleSettings = (of: string) => ({
  HOST: '127.0.0.1',
  LEAD_ID_SECRET: `a secret of the ${of}`,
  TOKEN_SECRET: `another secret of the ${of}`,
  INBOUND_SECRET: `inbound-secret-of-the-${of}`,
  DATA_KEYS: `a secret of the ${of} that wraps leads’ keys`,
  SENDGRID_API_KEY: `SG.${of}`,
  FROM_EMAIL: 'sales@acme.example',
  FROM_NAME: 'Sam of Acme',
  POSTAL_ADDRESS: '1 Acme Road, Springfield',
  REPLY_DOMAIN: 'reply.acme.example',
  PUBLIC_URL: 'https://u.acme.example',
  SALES_REP_EMAIL: 'rep@acme.example',
  BOOKING_URL: 'https://book.acme.example/demo',
});
