import ipaddr from 'ipaddr.js';

const NETWORK_BYTES = 8;

/** The network of one customer, counted as one caller: an IPv4 address, or an IPv6 /64. */
export function networkOf(ip: string | undefined): string {
  if (ip === undefined || !ipaddr.isValid(ip)) return 'unknown';
  const address = ipaddr.process(ip);
  return address.kind() === 'ipv6' ? address.toByteArray().slice(0, NETWORK_BYTES).join() : address.toString();
}
