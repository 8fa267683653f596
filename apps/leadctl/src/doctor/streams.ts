import { DiscardPolicy, StorageType, type JetStreamManager, type StreamConfig } from '@nats-io/jetstream';
import { streams as defined, type StreamName } from '@leadstream/contracts/streams';
import { failed, passed, type Check } from './check.ts';

export type Settings = Pick<StreamConfig, 'storage' | 'allow_direct' | 'num_replicas' | 'discard' | 'max_age'> &
  Partial<Pick<StreamConfig, 'max_msgs' | 'max_bytes' | 'subjects' | 'allow_msg_schedules' | 'max_msgs_per_subject'>>;

/** The settings that are a fault; limits that only keep less are the operator's. */
export function judgedStream(name: StreamName, settings: Settings | undefined, replicas: number): Check[] {
  if (!settings)
    return [failed('streams', `${name} does not exist`, 'start the services: each creates the streams that it needs')];
  const edit = (option: string) => `nats stream edit ${name} ${option}`;
  const missing = defined[name].subjects.filter((subject) => !settings.subjects?.includes(subject));
  const isLog = name === 'LEADS' || name === 'KV_keys';
  const faults: [boolean, string, string][] = [
    [
      missing.length > 0,
      `does not store ${missing.join(', ')}`,
      edit(`--subjects ${defined[name].subjects.join(',')}`),
    ],
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
  const found = faults.flatMap(([is, what, mend]) => (is ? [failed('streams', `${name} ${what}`, mend)] : []));
  return found.length > 0 ? found : [passed('streams', name)];
}

export async function streamChecks({ streams }: JetStreamManager, replicas: number): Promise<Check[]> {
  const names = Object.keys(defined) as StreamName[];
  const infos = await Promise.all(names.map((name) => streams.info(name).catch(() => undefined)));
  return names.flatMap((name, index) => judgedStream(name, infos[index]?.config, replicas));
}
