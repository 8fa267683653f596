import { z } from 'zod';
import type { PlaceJson } from './place.ts';
import { PARTITIONS_MAX } from './streams.ts';

/** Records that tell a log from an older or another one (docs/adr/0021): entry `log` of `guard`, and the witness. */

const instant = z.iso.datetime({ offset: true });
const seq = z.int().min(0);
/** A place in the log. Where it is one stream, a number, as builds from before partitions write and read it. */
const place = z.union([seq, z.array(seq)]) satisfies z.ZodType<PlaceJson>;

export const HOLD_REASONS = [
  'shorter',
  'forked',
  'recreated',
  'epoch',
  'memory',
  'witness-lost',
  'not-adopted',
  'gap',
  'loaded',
] as const;
export type HoldReason = (typeof HOLD_REASONS)[number];

const holdSchema = z.object({
  reason: z.enum(HOLD_REASONS),
  why: z.string().max(500).describe('In words, for people: why nothing is sent'),
  at: instant.describe('The time of detection'),
  by: z.string().max(200).describe('The service or the operator'),
  endSeq: place.describe('Last sequence of LEADS at that time; of partitions a list'),
  backupSeq: place.optional().describe('Of a load that kept streams of LEADS: the end of LEADS in the backup'),
  endAt: instant
    .nullable()
    .describe('The time of its last event, of partitions the earliest: later events may be lost'),
  highSeq: place.nullable().describe('The highest sequence known to have existed; of partitions a list'),
});
export type Hold = z.infer<typeof holdSchema>;

const confirmSchema = z.object({
  was: z.string().describe('The epoch that ended'),
  epoch: z.string().describe('The epoch that began'),
  by: z.string().max(200),
  at: instant,
  hold: holdSchema.nullable(),
  gap: z.enum(['skip', 'hold']),
  seq: place.describe('Last sequence of LEADS at the confirm; of partitions a list'),
});
export type Confirm = z.infer<typeof confirmSchema>;

export const guardRecordSchema = z.object({
  epoch: z.string().describe('Drawn when LEADS is created; a confirm draws another'),
  created: z
    .union([z.string(), z.array(z.string()).transform((times) => times.join(' '))])
    .describe('The creation time of LEADS, according to the server; of partitions a list, read as one text'),
  witnessed: z.boolean().describe('The projector has written the witness: from then on its absence is a loss'),
  hold: holdSchema.nullable().describe('Nothing is sent until an operator confirms'),
  confirms: z.array(confirmSchema).describe('The latest last'),
});
export type GuardRecord = z.infer<typeof guardRecordSchema>;

export const aliveSchema = z.object({
  at: instant,
  by: z.string(),
  left: z.boolean().optional().describe('The service stopped in good order'),
});
export type Alive = z.infer<typeof aliveSchema>;

/** The number of streams of the log, drawn before the first of them; it lasts longer than an epoch. */
export const partitionsSchema = z.int().min(1).max(PARTITIONS_MAX);

export const GUARD_KEY = 'log';
export const PARTITIONS_KEY = 'partitions';
export const ALIVE_KEY = 'alive';
export const CONFIRMS_MAX = 50;

/**
 * In MongoDB, `guard { _id: <stream> }`: the newest event of the stream that the projector has read, and the log it
 * belongs to. Of a log of partitions there is one a stream.
 */
export interface Witness {
  epoch: string;
  created: string;
  highSeq: number;
  highId: string;
  at: Date;
}
