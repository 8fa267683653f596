import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** DER (X.690): a tag, the length, the content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const size = body.length < 0x80 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
}
const sequence = (...content: readonly Buffer[]): Buffer => der(0x30, ...content);
const utcTime = (year: number): Buffer => der(0x17, Buffer.from(`${String(year).slice(2)}0101000000Z`));

/** sha256WithRSAEncryption, with NULL parameters. */
const SHA256_RSA = sequence(der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05));
const COMMON_NAME = der(0x06, Buffer.from('550403', 'hex'));

/** A certificate that its own key has signed (RFC 5280). */
export function selfSigned(key: KeyObject, name: string): string {
  const subject = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(name)))));
  const year = new Date().getUTCFullYear();
  const certificate = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    SHA256_RSA,
    subject,
    sequence(utcTime(year), utcTime(year + 2)),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign('sha256', certificate, key)]);
  const bytes = sequence(certificate, SHA256_RSA, der(0x03, signature)).toString('base64');
  return `-----BEGIN CERTIFICATE-----\n${bytes.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
}

export interface CertifiedKey {
  key: KeyObject;
  certificate: string;
}
let made: CertifiedKey | undefined;

/** This process's RSA key with its certificate, as SNS has one; made at the first use. */
export function certifiedKey(): CertifiedKey {
  if (made) return made;
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return (made = { key, certificate: selfSigned(key, 'sns.sandbox.invalid') });
}
