import { catalogue, type EventType, type Recorded } from '@leadstream/contracts/events';
import { parseData } from '@leadstream/contracts/envelope';
import { exported } from '@leadstream/contracts/exported';
import { z } from 'zod';

interface Schema {
  type?: string;
  format?: string;
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  const?: unknown;
  enum?: string[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  propertyNames?: Schema;
}
type Rules = Record<string, unknown>;

/** Personal texts planted so far, each unlike any other. */
export class Planted {
  readonly texts: string[] = [];

  /** The event's data with each of its fields, and a planted text in each that an export may leave out. */
  data(type: EventType): Recorded['data'] {
    const schema = z.toJSONSchema(catalogue[type].data, { io: 'input' }) as Schema;
    return parseData(type, this.#members(schema, exported[type]));
  }

  #members({ properties = {} }: Schema, rules: Rules): Record<string, unknown> {
    return Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => {
        const rule = rules[name];
        const inner = typeof rule === 'object' && rule !== null && 'of' in rule ? (rule.of as Rules) : undefined;
        return [name, inner ? this.#members(variant(schema), inner) : this.#value(schema, rule !== 'open')];
      }),
    );
  }

  #value(given: Schema, isPersonal: boolean): unknown {
    const schema = variant(given);
    if ('const' in schema) return schema.const;
    if (schema.enum) return schema.enum[0];
    switch (schema.type) {
      case 'string':
        return this.#text(schema, isPersonal);
      case 'integer':
      case 'number':
        return Math.max(1, schema.minimum ?? 1);
      case 'boolean':
        return true;
      case 'array':
        return [this.#value(schema.items ?? {}, isPersonal)];
      case 'object':
        return this.#object(schema, isPersonal);
      default:
        return isPersonal ? this.#plant(100) : 'open';
    }
  }

  #object({ properties, additionalProperties, propertyNames }: Schema, isPersonal: boolean): Record<string, unknown> {
    if (properties)
      return Object.fromEntries(
        Object.entries(properties).map(([name, schema]) => [name, this.#value(schema, isPersonal)]),
      );
    return { [propertyNames?.enum?.[0] ?? 'extra']: this.#value(additionalProperties ?? {}, isPersonal) };
  }

  #text({ format, pattern, maxLength = 100 }: Schema, isPersonal: boolean): string {
    if (format === 'date-time') return '2026-11-23T09:00:00Z';
    if (format === 'date') return '2026-11-23';
    if (pattern?.includes('\\d\\d:')) return '09:15';
    return isPersonal && !pattern ? this.#plant(maxLength) : 'open';
  }

  #plant(lengthMax: number): string {
    const text = `Zoë.${this.texts.length}.planted@person.example`;
    if (text.length > lengthMax) throw new Error(`no planted text fits into ${lengthMax} characters`);
    this.texts.push(text);
    return text;
  }
}

/** The first alternative that has data. */
const variant = (schema: Schema): Schema =>
  (schema.anyOf ?? schema.oneOf)?.find(({ type }) => type !== 'null') ?? schema;

const TYPES = Object.keys(catalogue) as EventType[];

/** A log in which each of the leads has one event of each type but its erasure, from place `first` on. */
export function plantedLog(planted: Planted, leads: number, first: number): Recorded[] {
  const log: Recorded[] = [];
  const last = new Map<string, number>();
  const types = TYPES.filter((type) => type !== 'lead.erased');
  for (const [index, type] of types.entries())
    for (let lead = 0; lead < leads; lead++) {
      const leadId = `planted-${lead}`;
      const seq = first + log.length;
      log.push({
        type,
        data: planted.data(type),
        id: `planted-${seq}`,
        leadId,
        seq,
        version: index + 1,
        prevSeq: last.get(leadId) ?? 0,
        at: Temporal.Instant.from('2026-11-23T12:00:00Z').add({ seconds: seq }).toString(),
        source: 'test',
      } as Recorded);
      last.set(leadId, seq);
    }
  return log;
}

/** The lead answers after its run, naming its first mail or none; `at`: the number of such events before. */
export function answerOf(runs: readonly Recorded[], leadId: string, at: number, namesMail: boolean): Recorded {
  const past = runs.filter((event) => event.leadId === leadId);
  const [first] = past.flatMap(({ type, data }) => (type === 'lead.sent' ? [data] : []));
  const [last, seq] = [past.at(-1), runs.length + at + 1];
  return {
    type: 'lead.replied',
    data: {
      key: `answer-${leadId}`,
      provider: 'sendgrid',
      at: '2026-11-23T11:30:00Z',
      class: 'human',
      matchedBy: 'token',
      ...(namesMail && first ? { sendId: first.sendId } : {}),
    },
    id: `answer-${leadId}`,
    leadId,
    seq,
    version: past.length + 1,
    prevSeq: last?.seq ?? 0,
    at: Temporal.Instant.from('2026-11-23T11:30:00Z').add({ seconds: seq }).toString(),
    source: 'test',
  };
}
