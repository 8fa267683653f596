/** Mailgun's Basic authentication, with any of its keys. */
export const authorizationOf = (key: string): string => `Basic ${Buffer.from(`api:${key}`).toString('base64')}`;
