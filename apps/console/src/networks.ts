import { BlockList, isIP } from 'node:net';
import { field } from '@leadstream/service/config';
import ipaddr from 'ipaddr.js';

const BITS_MAX = { ipv4: 32, ipv6: 128 } as const;

interface Network {
  address: string;
  bits: number;
  family: keyof typeof BITS_MAX;
}

function networkOf(text: string): Network | undefined {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  const given = bits === undefined ? BITS_MAX[family] : /^\d{1,3}$/.test(bits) ? Number(bits) : 0;
  // Everyone is no network.
  const isNetwork = isIP(address) > 0 && given > 0 && given <= BITS_MAX[family] && more.length === 0;
  return isNetwork ? { address, bits: given, family } : undefined;
}

/** A comma list of addresses and CIDR ranges. */
export const networks = field.commaList.transform((list, context): Network[] =>
  list.flatMap((text, index) => {
    const network = networkOf(text);
    if (!network) context.addIssue(`entry ${index + 1} must be an address, or a range like 10.0.0.0/8`);
    return network ?? [];
  }),
);

/** Whether an address is in one of the networks; an IPv4 address that IPv6 maps counts as itself. */
export function within(list: readonly Network[]): (address: string | undefined) => boolean {
  const known = new BlockList();
  for (const { address, bits, family } of list) known.addSubnet(address, bits, family);
  return (address) => {
    if (address === undefined || !ipaddr.isValid(address)) return false;
    const plain = ipaddr.process(address);
    return known.check(plain.toString(), plain.kind());
  };
}
