import { DiscardPolicy, StorageType, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { logStreams, streams as defined, type StreamName } from '@leadstream/contracts/streams';
import { failed, passed, type Check } from './check.ts';

export type Settings = Pick<StreamConfig, 'storage' | 'allow_direct' | 'num_replicas' | 'discard' | 'max_age'> &
  Partial<Pick<StreamConfig, 'max_msgs' | 'max_bytes' | 'subjects' | 'allow_msg_schedules' | 'max_msgs_per_subject'>>;

/** A stream to judge: `name` is that of its definition, which a partition of the log does not have itself. */
export interface Judged {
  stream: string;
  name: StreamName;
  subjects: readonly string[];
}

/** The settings that are a fault; limits that only keep less are the operator's. */
export function judgedStream(
  { stream, name, subjects }: Judged,
  settings: Settings | undefined,
  replicas: number,
): Check[] {
  if (!settings)
    return [
      failed('streams', `${stream} does not exist`, 'start the services: each creates the streams that it needs'),
    ];
  const edit = (option: string) => `nats stream edit ${stream} ${option}`;
  const missing = subjects.filter((subject) => !settings.subjects?.includes(subject));
  const isLog = name === 'LEADS' || name === 'KV_keys';
  const faults: [boolean, string, string][] = [
    [missing.length > 0, `does not store ${missing.join(', ')}`, edit(`--subjects ${subjects.join(',')}`)],
    [settings.storage !== StorageType.File, 'is kept in memory', 'back it up and create it again with file storage'],
    [!settings.allow_direct, 'allows no direct reads', edit('--allow-direct')],
    [
      settings.num_replicas !== replicas,
      `has ${settings.num_replicas} replicas, not ${replicas}`,
      edit(`--replicas ${replicas} (or set STREAM_REPLICAS)`),
    ],
    [
      settings.allow_msg_schedules === true,
      'allows schedules, and with them roll-ups that delete history',
      'restore it into a stream without them',
    ],
    [isLog && settings.max_age > 0, 'drops old messages', edit('--max-age 0')],
    [
      name === 'LEADS' && settings.discard !== DiscardPolicy.New,
      'drops its oldest event at a limit',
      edit('--discard new'),
    ],
    [
      name === 'LEADS' && (settings.max_msgs_per_subject ?? -1) > 0,
      'keeps only some events of a lead',
      edit('--max-msgs-per-subject -1'),
    ],
  ];
  const found = faults.flatMap(([is, what, mend]) => (is ? [failed('streams', `${stream} ${what}`, mend)] : []));
  return found.length > 0 ? found : [passed('streams', stream)];
}

export const toJudge = (partitions: number): Judged[] =>
  (Object.keys(defined) as StreamName[]).flatMap<Judged>((name) =>
    name === 'LEADS'
      ? logStreams(partitions).map(({ stream, subject }) => ({ stream, name, subjects: [subject('*', '*')] }))
      : [{ stream: name, name, subjects: defined[name].subjects }],
  );

export async function streamChecks(
  { streams }: JetStreamManager,
  { replicas, partitions }: { replicas: number; partitions: number },
): Promise<Check[]> {
  const judged = toJudge(partitions);
  const infos = await Promise.all(judged.map(({ stream }) => streams.info(stream).catch(() => undefined)));
  const found = judged.flatMap((one, index) => judgedStream(one, infos[index]?.config, replicas));
  return partitions === 1 || !(await streams.info('LEADS').catch(() => undefined)) ? found : [...found, STRAY];
}

const STRAY = failed(
  'streams',
  'LEADS is beside the partitions of the log: a release from before them has run, and only it reads LEADS',
  'stop that release; post the leads in LEADS again, if there are any, and delete it',
);
