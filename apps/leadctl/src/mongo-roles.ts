import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { field, loadConfig, mongo, secret } from '@leadstream/service/config';
import { mongoName, mongoRoles, mongoUsers, roleCommand, rolesScript } from '@leadstream/service/rights/mongo';
import { MongoServerError, type Db } from 'mongodb';
import { z } from 'zod';
import { ending } from './help.ts';
import { print, settings, withDbOf } from './session.ts';

interface Options {
  apply?: boolean;
  passwords?: string;
  wait: string;
  database: string;
  json?: boolean;
}

const EXISTS = [51002, 51003];

export function mongoCommands(program: Command): void {
  const roles = program.command('mongo').description('the users of MongoDB and what each may do');
  roles
    .command('roles')
    .description(
      'a script for mongosh that creates the roles leadstream-reader, -projector and -operator, and a user of each ' +
        'process that reads or writes MongoDB; --apply creates them here, as the administrator of ' +
        'MONGODB_ADMIN_URI, and sets the passwords of those that exist. Both may be run again',
    )
    .option('--apply', 'create or update them in MongoDB')
    .option(
      '--passwords <folder>',
      'with --apply: the folder with a file for each user to create, named as the user: triage, projector, operator, …',
    )
    .option('--wait <seconds>', 'with --apply: wait so long for MongoDB', '5')
    .option('--database <name>', 'the database of the read model', 'leadstream')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(['leadctl mongo roles > roles.js', 'leadctl mongo roles --apply --passwords passwords --wait 60'], {
        0: 'printed, or created',
        1: 'an error',
      }),
    )
    .action((options: Options) => run(options));
}

async function run({ apply, passwords, wait, database, json }: Options): Promise<void> {
  if (!apply) {
    const roles = Object.fromEntries(mongoRoles.map((role) => [mongoName(role), roleCommand(role, database)]));
    return print(json ? roles : rolesScript(database).trimEnd());
  }
  if (passwords === undefined) throw new Error('--apply needs --passwords <folder>');
  const given = passwordsIn(passwords);
  const { MONGODB_ADMIN_URI: uri, ...tls } = loadConfig(
    z.object({
      MONGODB_ADMIN_URI: secret(z.string().min(1)),
      MONGODB_CA: mongo.MONGODB_CA,
      MONGODB_CERT_KEY: mongo.MONGODB_CERT_KEY,
    }),
    settings(),
  );
  const untilMs = performance.now() + field.wholeNumber(1, 3_600).parse(wait) * 1_000;
  await answering({ MONGODB_URI: uri, ...tls }, untilMs);
  await withDbOf({ MONGODB_URI: uri, ...tls }, (admin) => applied(admin.client.db(database), given));
  const without = [...mongoUsers.keys()].filter((user) => !given.has(user));
  print(
    json
      ? { users: [...given.keys()], without }
      : `created or updated: ${[...given.keys()].join(', ')}` +
          (without.length > 0 ? `; without a password, and not created: ${without.join(', ')}` : ''),
  );
}

/**
 * The passwords of the folder's files, by user. A mounted Secret has links of its own there, whose names begin with a
 * dot.
 */
function passwordsIn(folder: string): Map<string, string> {
  const files = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const strangers = files.filter((name) => !mongoUsers.has(name));
  if (strangers.length > 0)
    throw new Error(`${folder}: no user is named ${strangers.join(', ')}; users: ${[...mongoUsers.keys()].join(', ')}`);
  if (files.length === 0) throw new Error(`${folder}: has no password; users: ${[...mongoUsers.keys()].join(', ')}`);
  return new Map(
    [...mongoUsers.keys()]
      .filter((user) => files.includes(user))
      .map((user) => {
        const password = readFileSync(join(folder, user), 'utf8').replace(/\r?\n$/, '');
        if (password === '') throw new Error(`${join(folder, user)}: the password is empty`);
        return [user, password];
      }),
  );
}

async function answering(config: Parameters<typeof withDbOf>[0], untilMs: number): Promise<void> {
  for (;;)
    try {
      return await withDbOf(config, () => Promise.resolve());
    } catch (error) {
      if (performance.now() >= untilMs) throw error;
      await delay(1_000);
    }
}

/** Sets the roles' actions and the users' passwords and roles to the given ones, whatever they were. */
async function applied(db: Db, passwords: ReadonlyMap<string, string>): Promise<void> {
  for (const role of mongoRoles) {
    const body = roleCommand(role, db.databaseName);
    await createOrUpdate(db, { createRole: mongoName(role), ...body }, { updateRole: mongoName(role), ...body });
  }
  for (const [user, role] of mongoUsers) {
    const pwd = passwords.get(user);
    if (pwd === undefined) continue;
    const roles = [{ role: mongoName(role), db: db.databaseName }];
    await createOrUpdate(db, { createUser: user, pwd, roles }, { updateUser: user, pwd, roles });
  }
}

async function createOrUpdate(db: Db, create: object, update: object): Promise<void> {
  await db.command(create).catch((error: unknown) => {
    if (!(error instanceof MongoServerError && EXISTS.includes(Number(error.code)))) throw error;
    return db.command(update);
  });
}
