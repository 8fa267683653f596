import { z } from 'zod';
import { API, bodyOf, HubSpotTrouble, type HubSpotCall } from './access.ts';
import { LEAD_ID, type Properties } from './properties.ts';

/** The limit of one batch. */
export const BATCH_MAX = 100;
const PATH = `/crm/objects/${API}/contacts/batch`;
const LEFT_OUT = 'LEFT_OUT';

export interface Input {
  leadId: string;
  properties: Properties & Readonly<Record<string, string>>;
}
/** By lead's id: undefined for one that is written, else HubSpot's category of the refusal. */
export type Written = Map<string, string | undefined>;

const resultSchema = z.object({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()).optional(),
});
const errorSchema = z.object({
  category: z.string().max(100).catch('ERROR'),
  context: z.record(z.string(), z.array(z.string())).catch({}),
});
const batchSchema = z.object({ results: z.array(resultSchema), errors: z.array(errorSchema).default([]) });
type Batch = z.output<typeof batchSchema>;

/**
 * HubSpot's contacts in batches. An update by e-mail address is refused ("non-unique property"), so that contacts are
 * looked up first and written by their own ids. Every method throws HubSpotTrouble for what is about no single lead.
 */
export class HubSpotContacts {
  readonly #call: HubSpotCall;

  constructor(call: HubSpotCall) {
    this.#call = call;
  }

  /**
   * The ids of the contacts that have one of these addresses, primary or not, or of these leads. A value that HubSpot
   * refuses to look up is in `refused`, with the category: an address that a stranger made up stops no other lead.
   */
  async find(
    by: 'email' | typeof LEAD_ID,
    values: readonly string[],
    refused: Map<string, string>,
  ): Promise<Map<string, string>> {
    if (values.length === 0) return new Map();
    try {
      return await this.#read(by, values);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const [value = '', ...others] = values;
      if (others.length === 0) {
        refused.set(value, error.message);
        return new Map();
      }
      const half = Math.ceil(values.length / 2);
      const first = await this.find(by, values.slice(0, half), refused);
      return new Map([...first, ...(await this.find(by, values.slice(half), refused))]);
    }
  }

  async #read(by: 'email' | typeof LEAD_ID, values: readonly string[]): Promise<Map<string, string>> {
    const inputs = [...new Set(values)].map((id) => ({ id }));
    const properties = ['email', 'hs_additional_emails', LEAD_ID];
    const { results } = await this.#batch('read', { idProperty: by, properties, inputs });
    const wanted = new Set(values);
    return new Map(
      results.flatMap(({ id, properties: its = {} }) =>
        [its[by], ...(by === 'email' ? (its['hs_additional_emails'] ?? '').split(';') : [])]
          .map((value) => value?.trim().toLowerCase() ?? '')
          .filter((value) => wanted.has(value))
          .map((value): [string, string] => [value, id]),
      ),
    );
  }

  /** One lead a contact: two inputs with one id make HubSpot refuse the batch. */
  update(leads: readonly (Input & { id: string })[], written: Written): Promise<void> {
    const inputs = leads.map(({ id, leadId, properties }) => ({ id, properties, objectWriteTraceId: leadId }));
    const contactOf = new Map(leads.map(({ id, leadId }) => [leadId, id]));
    return this.#write('update', inputs, ({ id }, leadId) => contactOf.get(leadId) === id, written);
  }

  create(leads: readonly Input[], written: Written): Promise<void> {
    const inputs = leads.map(({ leadId, properties }) => ({ properties, objectWriteTraceId: leadId }));
    return this.#write('create', inputs, ({ properties }, leadId) => properties?.[LEAD_ID] === leadId, written);
  }

  /**
   * A batch that is refused as a whole is halved, until the contact is alone that HubSpot refuses. What `written` has
   * when a later call throws is certain.
   */
  async #write(
    verb: 'update' | 'create',
    inputs: readonly { objectWriteTraceId: string }[],
    isOf: (result: Batch['results'][number], leadId: string) => boolean,
    written: Written,
  ): Promise<void> {
    const [first] = inputs;
    if (!first) return;
    try {
      const { results, errors } = await this.#batch(verb, { inputs });
      for (const { objectWriteTraceId: leadId } of inputs)
        written.set(leadId, results.some((result) => isOf(result, leadId)) ? undefined : categoryOf(errors, leadId));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (inputs.length === 1) return void written.set(first.objectWriteTraceId, error.message);
      const half = Math.ceil(inputs.length / 2);
      await this.#write(verb, inputs.slice(0, half), isOf, written);
      await this.#write(verb, inputs.slice(half), isOf, written);
    }
  }

  async #batch(verb: 'read' | 'update' | 'create', body: object): Promise<Batch> {
    const parsed = batchSchema.safeParse(bodyOf(await this.#call({ method: 'POST', path: `${PATH}/${verb}`, body })));
    if (!parsed.data) throw new HubSpotTrouble('down', `the answer to ${verb} cannot be read`);
    return parsed.data;
  }
}

const isRefusal = (error: unknown): error is HubSpotTrouble =>
  error instanceof HubSpotTrouble && error.kind === 'refused';

/** A contact that was merged into another is left out without an error. */
const categoryOf = (errors: Batch['errors'], leadId: string): string =>
  errors.find(({ context }) => context['objectWriteTraceId']?.includes(leadId))?.category ?? LEFT_OUT;
