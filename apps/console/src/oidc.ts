import { createHash } from 'node:crypto';
import { Problem } from '@leadstream/service/problem';
import * as client from 'openid-client';
import type { Config } from './config.ts';
import { nameByClaims, roleByClaims, type Claims } from './oidc-roles.ts';
import { Sessions, type Person } from './sessions.ts';

export type OidcConfig = Config & Required<Pick<Config, 'OIDC_ISSUER' | 'OIDC_CLIENT_ID' | 'CONSOLE_URL'>>;

const CALLBACK = 'v1/oidc/callback';
/** An answer later than this does not come in time for a person's patience; the page then offers to try again. */
const TIMEOUT_SECONDS = 10;
/** The issuer's description of itself is asked for again after this. */
const FRESH_MS = 600_000;
const CLOCKS_SECONDS = 30;

/** The values of one sign-in, all derived from the id in the browser's cookie. */
interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
}

export function attemptOf(sessions: Sessions, id: string): Attempt {
  const derived = (what: string) => sessions.sign(`oidc ${what} ${id}`).toString('base64url');
  return { state: derived('state'), nonce: derived('nonce'), verifier: derived('verifier') };
}

/** Signing in by an OpenID Connect issuer: authorization code with PKCE, state and nonce (RFC 9700 §2.1.1). */
export class Oidc {
  readonly #config: OidcConfig;
  #known: { server: client.ServerMetadata; atMs: number } | undefined;

  constructor(config: OidcConfig) {
    this.#config = config;
  }

  get isSecure(): boolean {
    return this.#config.CONSOLE_URL.startsWith('https:');
  }

  /** Asks the issuer for its addresses; later sign-ins ask again. Throws while it does not answer. */
  async dial(): Promise<void> {
    await this.#configuration();
  }

  /** The issuer's page for a new sign-in. */
  async start({ state, nonce, verifier }: Attempt): Promise<string> {
    const url = client.buildAuthorizationUrl(await this.#configuration(), {
      redirect_uri: this.#redirectUri,
      scope: this.#config.OIDC_SCOPES.join(' '),
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state,
      nonce,
    });
    return url.href;
  }

  /** The person of the issuer's answer, `search` of the callback's address. Throws Problem: key, role, unavailable. */
  async finish({ state, nonce, verifier }: Attempt, search: string): Promise<Person> {
    const configuration = await this.#configuration();
    try {
      const tokens = await client.authorizationCodeGrant(configuration, new URL(search, this.#redirectUri), {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
      });
      return this.#named(await this.#more(configuration, tokens.claims() ?? {}, tokens.access_token));
    } catch (error) {
      throw refusal(error);
    }
  }

  #named(claims: Claims): Person {
    const role = roleByClaims(claims, this.#config.OIDC_ROLES);
    const name = nameByClaims(claims, this.#config.OIDC_NAME);
    if (role && name !== undefined) return { name, role };
    throw new Problem('role', 'Your account has no role here: ask whoever runs this console (OIDC_ROLES)');
  }

  /** Many issuers tell groups and addresses only there (OpenID Connect Core §5.4). */
  async #more(configuration: client.Configuration, claims: Claims, accessToken: string): Promise<Claims> {
    if (configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
    const told = await client.fetchUserInfo(configuration, accessToken, String(claims['sub']));
    return { ...told, ...claims };
  }

  get #redirectUri(): string {
    return new URL(CALLBACK, `${this.#config.CONSOLE_URL.replace(/\/$/, '')}/`).href;
  }

  /** A new one each time: its cache of the issuer's keys is empty, so a rotation of keys refuses nobody. */
  async #configuration(): Promise<client.Configuration> {
    const { OIDC_CLIENT_ID: id, OIDC_CLIENT_SECRET: secret } = this.#config;
    const server = await this.#server();
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    const proof =
      secret === undefined
        ? client.None()
        : methods.includes('client_secret_basic')
          ? client.ClientSecretBasic(secret)
          : client.ClientSecretPost(secret);
    const made = new client.Configuration(server, id, { [client.clockTolerance]: CLOCKS_SECONDS }, proof);
    made.timeout = TIMEOUT_SECONDS;
    client.enableNonRepudiationChecks(made);
    if (isPlain(this.#config)) client.allowInsecureRequests(made);
    return made;
  }

  async #server(): Promise<client.ServerMetadata> {
    const known = this.#known;
    if (known && performance.now() - known.atMs < FRESH_MS) return known.server;
    const { OIDC_ISSUER, OIDC_CLIENT_ID } = this.#config;
    try {
      const found = await client.discovery(new URL(OIDC_ISSUER), OIDC_CLIENT_ID, undefined, client.None(), {
        timeout: TIMEOUT_SECONDS,
        execute: isPlain(this.#config) ? [client.allowInsecureRequests] : [],
      });
      this.#known = { server: found.serverMetadata(), atMs: performance.now() };
      return this.#known.server;
    } catch (cause) {
      if (known) return known.server;
      throw new Problem('unavailable', 'The sign-in service does not answer: try again', { cause });
    }
  }
}

const isPlain = ({ OIDC_ISSUER }: OidcConfig): boolean => OIDC_ISSUER.startsWith('http:');

export const hasOidc = (config: Config): config is OidcConfig =>
  config.OIDC_ISSUER !== undefined && config.OIDC_CLIENT_ID !== undefined && config.CONSOLE_URL !== undefined;

/** Sessions end when the issuer or the rules of roles become others. */
const oidcMark = ({ OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_ROLES, OIDC_NAME }: Config): string =>
  createHash('sha256')
    .update(JSON.stringify([OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_ROLES, OIDC_NAME]))
    .digest('hex');

export const sessionsOf = (config: Config): Sessions =>
  new Sessions({
    secret: config.CONSOLE_SESSION_SECRET,
    tokens: config.CONSOLE_TOKENS,
    oidcMark: oidcMark(config),
  });

/** The issuer's refusal, or what is wrong with its answer, without the answer's own text. */
function refusal(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const isAnswer =
    error instanceof client.AuthorizationResponseError ||
    error instanceof client.ResponseBodyError ||
    error instanceof client.WWWAuthenticateChallengeError ||
    (error instanceof client.ClientError && error.code !== 'OAUTH_TIMEOUT');
  if (isAnswer) return new Problem('key', 'The sign-in was not completed: try again', { cause: error });
  return new Problem('unavailable', 'The sign-in service does not answer: try again', { cause: error });
}
