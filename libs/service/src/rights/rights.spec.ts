import { describe, expect, it } from '@jest/globals';
import { catalogue } from '@leadstream/contracts/events';
import { logStreams, streams } from '@leadstream/contracts/streams';
import { may } from './may.ts';
import { CONSUMERS, storeNames, tokensOf, WRITERS } from './rights.ts';
import { accounts, accountsConf, passwordVariable } from './server-config.ts';
import { NAMED_ONLY, natsUsers, permissions, type NatsUser } from './users.ts';

/** The user of a service in another's process. */
const PROCESS: Record<string, NatsUser> = {
  enricher: 'triage',
  sms: 'sender',
  lookup: 'sender',
  'projector-1': 'projector',
  outcomes: 'projector',
  refusals: 'projector',
};
const daily = natsUsers.filter((user) => !NAMED_ONLY.some((name) => name === user));
const who = (subject: string): NatsUser[] => daily.filter((user) => may(user, subject));

describe('the rights of the users of NATS', () => {
  it('each event is appended by those whom the catalogue names, and by no other', () => {
    const words = Object.values(catalogue).flatMap(({ by }) => by.split(', '));
    expect(new Set(words)).toEqual(new Set(WRITERS));
    for (const { token } of Object.values(catalogue)) {
      const writers = WRITERS.filter((writer) => tokensOf([writer]).includes(token));
      const users = writers.flatMap((writer): NatsUser[] =>
        writer === 'operator' ? ['console', 'operator'] : [PROCESS[writer] ?? (writer as NatsUser)],
      );
      expect([token, who(`leads.a.${token}`)]).toEqual([token, daily.filter((user) => users.includes(user))]);
    }
  });

  it.each(storeNames)('%s is created by the provisioning user, and deleted or purged by nobody', (store) => {
    expect(who(`$JS.API.STREAM.CREATE.${store}`)).toEqual(['provision']);
    expect(who(`$JS.API.STREAM.UPDATE.${store}`)).toEqual(['provision']);
    expect(who(`$JS.API.STREAM.SNAPSHOT.${store}`)).toEqual(['backup']);
    for (const act of ['DELETE', 'PURGE', 'RESTORE', 'LEADER.STEPDOWN'])
      expect([act, who(`$JS.API.STREAM.${act}.${store}`)]).toEqual([act, []]);
  });

  it.each(Object.entries(CONSUMERS))('the messages of %s are its own', (name, stream) => {
    const user = PROCESS[name] ?? name;
    expect(who(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${name}`)).toEqual([user]);
    expect(who(`$JS.ACK.${stream}.${name}.1.1.1.1.0`)).toEqual([user]);
    expect(who(`$JS.API.CONSUMER.DELETE.${stream}.${name}`)).toEqual([]);
  });

  it('single messages are deleted by those who erase', () => {
    const erasers = Object.fromEntries(storeNames.map((name) => [name, who(`$JS.API.STREAM.MSG.DELETE.${name}`)]));
    expect(erasers).toMatchObject({
      LEADS: ['operator'],
      INTAKE: ['operator'],
      PUBLIC: ['projector', 'operator'],
      KV_keys: ['console', 'operator'],
      KV_guard: [],
    });
  });

  it.each(natsUsers)('the answers to %s come to an inbox of its own', (user) => {
    const { allow } = permissions(user).subscribe;
    const requests = /^(redrive\..*|version)$/;
    expect(allow.filter((subject) => !requests.test(subject))).toEqual([`_INBOX_${user}.>`]);
    expect(permissions(user).publish.allow).not.toContain('>');
  });

  it('each service tells its version, and only commands ask for it', () => {
    const isCommand = (user: NatsUser) => ['operator', 'reader', 'backup', 'provision', 'restore'].includes(user);
    for (const user of natsUsers) {
      const { subscribe, responds } = permissions(user);
      expect([user, subscribe.allow.includes('version')]).toEqual([user, !isCommand(user)]);
      expect([user, responds]).toEqual([user, !isCommand(user)]);
    }
    expect(who('version')).toEqual(['operator', 'reader']);
  });

  it('the reader and the watch change nothing', () => {
    const subjects = Object.values(streams).flatMap((stream): readonly string[] => stream.subjects);
    for (const user of ['reader', 'watch'] as const)
      for (const subject of [...subjects, '$KV.guard.log', '$KV.sequences.a', '$KV.keys.a', 'redrive.triage'])
        expect([user, subject, may(user, subject.replaceAll('*', 'a'))]).toEqual([user, subject, false]);
  });
});

describe('the rights to a log of 4 partitions', () => {
  const log = logStreams(4);
  /** A subject of the log of one stream, in each of the others. */
  const inEach = (subject: string): string[] =>
    log.map(({ stream }, at) => subject.replace('.LEADS', `.${stream}`).replace(/^leads\./, `leads-${at}.`));

  it.each(natsUsers)('are those of %s to the one stream, in each, and to nothing else', (user) => {
    const [one, four] = [permissions(user).publish, permissions(user, log.length).publish];
    for (const which of ['allow', 'deny'] as const) {
      const expanded = one[which].flatMap((subject) =>
        /\.LEADS\b|^leads\./.test(subject) ? inEach(subject) : subject,
      );
      expect(four[which]).toEqual([...new Set(expanded)].toSorted());
    }
  });

  it('let a sender append and consume in each, and delete no consumer of another', () => {
    for (const { stream, subject } of log) {
      expect(may('sender', subject('a', 'sent'), log.length)).toBe(true);
      expect(may('sender', `$JS.API.CONSUMER.MSG.NEXT.${stream}.sender`, log.length)).toBe(true);
      expect(may('sender', `$JS.API.CONSUMER.DELETE.${stream}.scheduler`, log.length)).toBe(false);
      expect(may('sender', subject('a', 'sent'))).toBe(false);
    }
  });
});

describe('the accounts of the server’s configuration', () => {
  const options = { auth: 'password', publishers: ['shop', 'crm-eu'], allow: [] } as const;

  it('gives each other team an account that publishes lead.created, and reads its own consumer of PUBLIC', () => {
    const { LEADSTREAM, ...others } = accounts(options);
    expect(LEADSTREAM?.exports?.slice(0, 2)).toEqual([
      { service: 'lead.created', response_type: 'singleton', accounts: ['PUBLISHER_SHOP', 'PUBLISHER_CRM_EU'] },
      { service: '$JS.API.CONSUMER.INFO.PUBLIC.shop', response_type: 'singleton', accounts: ['PUBLISHER_SHOP'] },
    ]);
    expect(Object.keys(others)).toEqual(['PUBLISHER_SHOP', 'PUBLISHER_CRM_EU']);
    for (const [at, { users, imports }] of Object.values(others).entries()) {
      const name = options.publishers[at];
      const requests = ['INFO', 'MSG.NEXT'].map((act) => `API.CONSUMER.${act}.PUBLIC.${name}`);
      const allow = ['lead.created', ...requests.map((request) => `LEADSTREAM.${request}`), `$JS.ACK.PUBLIC.${name}.>`];
      expect(users.map(({ permissions: { publish } }) => publish)).toEqual([{ allow }]);
      const from = (subject: string) => ({ account: 'LEADSTREAM', subject });
      expect(imports).toEqual([
        { service: from('lead.created') },
        ...requests.map((request) => ({ service: from(`$JS.${request}`), to: `LEADSTREAM.${request}` })),
        { service: from(`$JS.ACK.PUBLIC.${name}.>`) },
      ]);
    }
  });

  it('reads passwords from the server’s environment, and has none itself', () => {
    const conf = accountsConf(options);
    for (const user of [...daily, 'shop', 'crm-eu']) expect(conf).toContain(`password: $${passwordVariable(user)}`);
    expect(accountsConf({ ...options, auth: 'certificate' })).not.toContain('password');
  });

  it('has the users that could delete streams, or are all services at once, only where they are named', () => {
    expect(accountsConf(options)).not.toMatch(/STREAM\.DELETE|user: "all"/);
    const restoring = accountsConf({ ...options, allow: ['restore'] });
    for (const request of ['STREAM.DELETE.LEADS', 'CONSUMER.DELETE.LEADS.*'])
      expect(restoring).toContain(`$JS.API.${request}`);
  });
});
