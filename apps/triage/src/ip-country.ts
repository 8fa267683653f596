import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { BlockList, isIP } from 'node:net';
import { Reader, type CountryResponse } from 'mmdb-lib';
import { z } from 'zod';

const DATABASE = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';

/** Addresses of examples and tests (RFC 5737, RFC 3849); the registries' data has a country for them. */
const EXAMPLES = new BlockList();
for (const network of ['192.0.2.0', '198.51.100.0', '203.0.113.0']) EXAMPLES.addSubnet(network, 24);
EXAMPLES.addSubnet('2001:db8::', 32, 'ipv6');

const entry = z.object({ country_code: z.string() }).nullable();

/**
 * Countries of IP addresses, from the registries' public data: 8 MB of memory from the first question on. No request
 * leaves the process.
 */
export class IpCountries {
  /** Throws at the start when the file is missing. */
  readonly #file = createRequire(import.meta.url).resolve(DATABASE);
  #data: Reader<CountryResponse> | undefined;

  /** ISO 3166-1 alpha-2; undefined for a private, unassigned or malformed address. */
  of(ip: string): string | undefined {
    const address = ip.replace(/^::ffff:(?=\d+\.)/i, '');
    const family = isIP(address);
    if (!family || EXAMPLES.check(address, family === 4 ? 'ipv4' : 'ipv6')) return undefined;
    return entry.parse(this.#read().get(address))?.country_code;
  }

  #read(): Reader<CountryResponse> {
    return (this.#data ??= new Reader(readFileSync(this.#file)));
  }
}
