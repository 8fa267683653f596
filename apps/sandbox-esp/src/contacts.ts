/** A contact of HubSpot. `writes`: what each call wrote, the latest last. */
export interface SandboxContact {
  id: string;
  properties: Record<string, string>;
  writes: Record<string, string>[];
}

/** The contacts and the own properties of an account of HubSpot. */
export class Contacts {
  readonly all = new Map<string, SandboxContact>();
  /** `hasUniqueValue` by name; HubSpot's own are not listed. */
  readonly properties = new Map<string, boolean>();
  #created = 0;

  find(by: string, value: string): SandboxContact | undefined {
    if (by === 'id') return this.all.get(value);
    const wanted = value.toLowerCase();
    return this.all.values().find(({ properties }) => {
      const others = by === 'email' ? (properties['hs_additional_emails'] ?? '').split(';') : [];
      return [properties[by] ?? '', ...others].some((one) => one !== '' && one.toLowerCase() === wanted);
    });
  }

  create(properties: Record<string, string>): SandboxContact {
    const contact = { id: String(500 + ++this.#created), properties: { ...properties }, writes: [properties] };
    this.all.set(contact.id, contact);
    return contact;
  }

  update(contact: SandboxContact, properties: Record<string, string>): void {
    Object.assign(contact.properties, properties);
    contact.writes.push(properties);
  }
}
