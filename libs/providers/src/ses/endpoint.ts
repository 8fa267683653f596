import { X509Certificate, type KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { hostOfTopic } from './sns.ts';

const TIMEOUT_MS = 10_000;
const BYTES_MAX = 16 * 1024;
/** A certificate is Amazon's for months; strangers choose the names of those that do not exist. */
const CERTIFICATES_MAX = 50;
const NO_CERTIFICATES_MAX = 1_000;
const NO_CERTIFICATE_MS = 60_000;
/** Requests at once for certificates that are not known yet. */
const REQUESTS_MAX = 4;

/** SNS answers 4xx: it has no such thing. Every other failure may pass. */
class Absent extends Error {}

/**
 * SNS in the region of a topic: its certificates, and the confirmation of a subscription. A request goes to the host
 * that the topic's region has, or to `baseUrl` from our own configuration, and to no address that a post names. It
 * follows no redirect.
 */
export class SnsEndpoint {
  readonly #baseUrl: string | undefined;
  readonly #keys = new LRUCache<string, KeyObject>({ max: CERTIFICATES_MAX });
  readonly #absent = new LRUCache<string, true>({ max: NO_CERTIFICATES_MAX, ttl: NO_CERTIFICATE_MS });
  readonly #underWay = new Map<string, Promise<KeyObject | undefined>>();

  constructor(baseUrl?: string) {
    this.#baseUrl = baseUrl?.replace(/\/$/, '');
  }

  /** The certificate's public key; undefined when SNS has none at this path. Rejects while it cannot be asked. */
  async key(topic: string, path: string): Promise<KeyObject | undefined> {
    const id = `${hostOfTopic(topic)}${path}`;
    const known = this.#keys.get(id);
    if (known || this.#absent.has(id)) return known;
    const underWay = this.#underWay.get(id);
    if (underWay) return underWay;
    if (this.#underWay.size >= REQUESTS_MAX) throw new Error('too many certificates are asked for');
    const asked = this.#ask(topic, path, id).finally(() => this.#underWay.delete(id));
    this.#underWay.set(id, asked);
    return asked;
  }

  async #ask(topic: string, path: string, id: string): Promise<KeyObject | undefined> {
    try {
      const key = new X509Certificate(await this.#get(topic, path)).publicKey;
      this.#keys.set(id, key);
      return key;
    } catch (error) {
      if (!(error instanceof Absent)) throw error;
      this.#absent.set(id, true);
      return undefined;
    }
  }

  /** Confirms the subscription of this endpoint to a topic. Rejects when SNS does not. */
  async confirm(topic: string, token: string): Promise<void> {
    const query = new URLSearchParams({ Action: 'ConfirmSubscription', TopicArn: topic, Token: token });
    await this.#get(topic, `/?${query.toString()}`);
  }

  async #get(topic: string, path: string): Promise<string> {
    const base = this.#baseUrl ?? `https://${hostOfTopic(topic)}`;
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { status, body } = await fetch(base + path, { redirect: 'manual', signal });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > BYTES_MAX) throw new Error('SNS answers more than a certificate');
      chunks.push(chunk);
    }
    if (status >= 400 && status < 500 && status !== 429) throw new Absent(`SNS answers ${status}`);
    if (status !== 200) throw new Error(`SNS answers ${status}`);
    return Buffer.concat(chunks).toString();
  }
}
