import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export const CLIENT_ID = 'leadstream-console';
export const CLIENT_SECRET = 'the secret of the console at its issuer';

interface Grant {
  redirectUri: string;
  challenge: string;
  nonce: string;
}

/**
 * An OpenID Connect issuer on this machine (OpenID Connect Core 1.0, RFC 7636) at which `claims` is signed in and
 * agrees to everything. The other members let it misbehave.
 */
export class Issuer {
  claims: Record<string, unknown> = { sub: 'user-1' };
  userinfo: Record<string, unknown> = {};
  /** In the id token in place of what the request had. */
  wrong: { nonce?: string; audience?: string; issuer?: string; key?: 'unpublished' } = {};
  readonly asked: string[] = [];
  readonly #server: Server;
  readonly #grants = new Map<string, Grant>();
  #key!: { id: string; signs: CryptoKey; published: JWK };

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.writeHead(500).end());
    });
  }

  static async open(port = 0): Promise<Issuer> {
    const issuer = new Issuer();
    await issuer.rotate();
    await new Promise<void>((resolve) => issuer.#server.listen(port, '127.0.0.1', resolve));
    return issuer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Signs with another key, and publishes only that one. */
  async rotate(): Promise<void> {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const id = randomUUID();
    this.#key = {
      id,
      signs: privateKey,
      published: { ...(await exportJWK(publicKey)), kid: id, alg: 'RS256', use: 'sig' },
    };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    this.asked.push(pathname);
    const said = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/.well-known/openid-configuration') return void said(200, this.#description());
    if (pathname === '/keys') return void said(200, { keys: [this.#key.published] });
    if (pathname === '/authorize') return void response.writeHead(303, { location: this.#granted(searchParams) }).end();
    if (pathname === '/userinfo') return void said(200, { sub: this.claims['sub'], ...this.userinfo });
    if (pathname !== '/token') return void said(404, {});
    const tokens = await this.#tokens(request, new URLSearchParams(await text(request)));
    return void (tokens ? said(200, tokens) : said(400, { error: 'invalid_grant' }));
  }

  #description(): object {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      userinfo_endpoint: `${this.url}/userinfo`,
      jwks_uri: `${this.url}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      code_challenge_methods_supported: ['S256'],
    };
  }

  #granted(asked: URLSearchParams): string {
    const given = (name: string) => asked.get(name) ?? '';
    const back = new URL(given('redirect_uri'));
    const isRequest = given('client_id') === CLIENT_ID && given('code_challenge_method') === 'S256';
    if (isRequest) {
      const code = randomUUID();
      const [redirectUri, challenge, nonce] = ['redirect_uri', 'code_challenge', 'nonce'].map(given);
      this.#grants.set(code, { redirectUri: redirectUri ?? '', challenge: challenge ?? '', nonce: nonce ?? '' });
      back.searchParams.set('code', code);
    } else back.searchParams.set('error', 'invalid_request');
    back.searchParams.set('state', given('state'));
    return back.href;
  }

  /** A code serves once, to the client that has its verifier. */
  async #tokens({ headers }: IncomingMessage, form: URLSearchParams): Promise<object | undefined> {
    const code = form.get('code') ?? '';
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    // RFC 6749 §2.3.1: both are form-encoded.
    const [, basic = ''] = (headers.authorization ?? '').split(' ');
    const given = Buffer.from(basic, 'base64')
      .toString()
      .split(':')
      .map((one) => decodeURIComponent(one.replaceAll('+', ' ')));
    if (!grant || grant.challenge !== challenge || grant.redirectUri !== form.get('redirect_uri')) return undefined;
    if (given[0] !== CLIENT_ID || given[1] !== CLIENT_SECRET) return undefined;
    const { nonce = grant.nonce, audience = CLIENT_ID, issuer = this.url, key } = this.wrong;
    const signs = key ? (await generateKeyPair('RS256')).privateKey : this.#key.signs;
    const idToken = await new SignJWT({ ...this.claims, nonce })
      .setProtectedHeader({ alg: 'RS256', kid: this.#key.id })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('5 min')
      .sign(signs);
    return { access_token: randomUUID(), token_type: 'Bearer', expires_in: 300, id_token: idToken };
  }
}
