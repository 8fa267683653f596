import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { Agent } from 'undici';

/** A range of addresses, from CIDR. */
export type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Carrier-grade NAT has an address of a cloud's metadata service; `unicast` is what the internet routes. */
const PUBLIC = 'unicast';

/** All that is routed in IPv6: the notation of an IPv4 address as `::7f00:1` is outside. */
const GLOBAL_V6: readonly Network[] = [ipaddr.parseCIDR('2000::/3')];

/** An address that an endpoint may not have. */
export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress';
  readonly code = 'PRIVATE_ADDRESS';
}

/** The networks of a comma list; undefined for what is no CIDR. */
export function networkOf(text: string): Network | undefined {
  try {
    return ipaddr.parseCIDR(text);
  } catch {
    return undefined;
  }
}

/** Whether an address lies in one of the networks; an IPv4 address in IPv6 notation counts as IPv4. */
export function isWithin(address: string, networks: readonly Network[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return networks.some(([network, bits]) => network.kind() === parsed.kind() && parsed.match([network, bits] as never));
}

/**
 * Whether a webhook may go to this address: one of the internet, or of an allowed network. Loopback, private,
 * link-local (with the clouds' metadata), carrier-grade NAT, multicast and reserved addresses are none; neither are
 * the notations of IPv6 that contain an IPv4 address (mapped, NAT64, 6to4, Teredo), unless that address is one.
 */
export function isAllowed(address: string, allowed: readonly Network[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  const isGlobal = parsed.kind() === 'ipv4' || isWithin(address, GLOBAL_V6);
  return (isGlobal && parsed.range() === PUBLIC) || isWithin(address, allowed);
}

type Lookup = (
  host: string,
  options: LookupOptions,
  done: (error: Error | null, address: string | LookupAddress[], family?: number) => void,
) => void;

/**
 * A lookup for sockets: the connection goes to the very address that was judged here, so that a second answer of the
 * DNS has no effect. One address that is not allowed refuses the name, because its owner chooses the order.
 */
export const guardedLookup =
  (isFine: (address: string) => boolean): Lookup =>
  (host, options, done) =>
    resolve(host, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, []);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isFine(address)))
        return done(new PrivateAddress('the name has an address that is not allowed'), []);
      if (options.all) return done(null, addresses);
      done(null, first.address, first.family);
    });

const isLiteral = (host: string): boolean => /^[\d.]+$/.test(host) || host.includes(':');

/**
 * Connections to addresses that an operator gave: https to the internet, and either protocol to the allowed networks.
 * No proxy and no HTTP/2.
 */
export class GuardedAgents {
  readonly #allowed: readonly Network[];
  readonly #agents: Readonly<Record<'https:' | 'http:', Agent>>;

  constructor(allowed: readonly Network[], timeoutMs: number, options: Agent.Options = {}) {
    this.#allowed = allowed;
    const agent = (isFine: (address: string) => boolean) =>
      new Agent({ ...options, connect: { lookup: guardedLookup(isFine), timeout: timeoutMs }, allowH2: false });
    this.#agents = {
      'https:': agent((address) => isAllowed(address, allowed)),
      'http:': agent((address) => isWithin(address, allowed)),
    };
  }

  /** A socket looks up no literal address, so that one is judged here. Throws PrivateAddress. */
  of({ protocol, hostname }: URL): Agent {
    // The URL's parser has made a usual address of every notation (0x7f.1, 2130706433).
    const literal = hostname.replace(/^\[|\]$/g, '');
    const isFine = protocol === 'http:' ? isWithin(literal, this.#allowed) : isAllowed(literal, this.#allowed);
    if (isLiteral(literal) && !isFine) throw new PrivateAddress('the address is not allowed');
    return this.#agents[protocol === 'http:' ? 'http:' : 'https:'];
  }

  close(): Promise<unknown> {
    return Promise.all(Object.values(this.#agents).map((agent) => agent.destroy()));
  }
}
