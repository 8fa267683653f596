/** More lookups make the record an error for every receiver (RFC 7208, 4.6.4). */
const LOOKUPS_MAX = 10;

export interface Spf {
  record: string | undefined;
  /** `several`, `lookups` and `all`: no receiver can use it, or it allows every server. */
  fault?: 'several' | 'lookups' | 'all';
  /** Whether it includes the domain, however deep. */
  includes: boolean;
}

/** The SPF record of a domain; `txt` resolves to no records where there are none. */
export async function spfOf(
  domain: string,
  wanted: string | null,
  txt: (name: string) => Promise<readonly string[]>,
): Promise<Spf> {
  let lookups = 0;
  const look = async (name: string): Promise<Spf> => {
    const records = (await txt(name)).filter((text) => /^v=spf1(?: |$)/i.test(text));
    const [record] = records;
    if (records.length > 1) return { record, fault: 'several', includes: false };
    let found: Spf = { record, includes: name === wanted };
    for (const term of record?.toLowerCase().split(/\s+/).slice(1) ?? []) {
      if (/^\+?all$/.test(term)) return { ...found, fault: 'all' };
      const target = /^[+?~-]?include:(.+)$/.exec(term)?.[1] ?? /^redirect=(.+)$/.exec(term)?.[1];
      if (target === undefined && !/^[+?~-]?(a|mx|ptr|exists)([:/]|$)/.test(term)) continue;
      if (++lookups > LOOKUPS_MAX) return { ...found, fault: 'lookups' };
      // An included domain is known by its name: the provider's own record is its to keep.
      if (target === wanted && target !== undefined) found = { ...found, includes: true };
      else if (target !== undefined) {
        const inner = await look(target);
        found = { ...found, includes: found.includes || inner.includes };
        if (inner.fault === 'lookups') return { ...found, fault: 'lookups' };
      }
    }
    return found;
  };
  return look(domain.toLowerCase());
}
