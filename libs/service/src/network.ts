import ipaddr from 'ipaddr.js';

const NETWORK_BYTES = 8;

/** The network of one customer as one party: an IPv4 address, of IPv6 a /64. */
export function networkOf(ip: string | undefined): string {
  if (ip === undefined || !ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  return address.kind() === 'ipv6' ? address.toByteArray().slice(0, NETWORK_BYTES).join() : address.toString();
}
