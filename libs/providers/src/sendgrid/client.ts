import { Http, jsonOf } from '../http.ts';
import { Client } from './classes.ts';

interface Request {
  url: string;
  method: 'POST';
  body: object;
}
/** `body`: the JSON object of the response; empty when it was anything else. */
export interface Response {
  statusCode: number;
  headers: Readonly<Record<string, unknown>>;
  body: object;
}

export interface ClientSettings {
  apiKey: string;
  baseUrl: string;
  timeoutMs: number;
}

/** Sends the requests of @sendgrid/mail by `Http`, which repeats nothing. Every status is a response. */
export class KeptConnections extends Client {
  readonly #http: Http;
  readonly #headers: Record<string, string>;

  constructor({ apiKey, baseUrl, timeoutMs }: ClientSettings) {
    super();
    this.#http = new Http(baseUrl, timeoutMs);
    this.#headers = {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/json',
      'content-type': 'application/json',
      'user-agent': 'leadstream',
    };
  }

  /** `data.headers` are the mail's own, which are in its body too: the API needs them there only. */
  override async request({ url, method, body: mail }: Request): Promise<[Response, object]> {
    const response = await this.#http.call({
      method,
      path: url,
      headers: this.#headers,
      body: JSON.stringify(mail),
    });
    const body = jsonOf(response);
    return [{ statusCode: response.status, headers: response.headers, body }, body];
  }
}
