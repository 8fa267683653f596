import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { loadConfig, mongo, secret } from '@leadstream/service/config';
import { mongoName, mongoRoles, roleCommand, rolesScript, type MongoRole } from '@leadstream/service/rights/mongo';
import { MongoServerError, type Db } from 'mongodb';
import { z } from 'zod';
import { ending } from './help.ts';
import { print, settings, withDbOf } from './session.ts';

interface Options {
  apply?: boolean;
  passwords?: string;
  database: string;
  json?: boolean;
}

const EXISTS = [51002, 51003];

export function mongoCommands(program: Command): void {
  const roles = program.command('mongo').description('the users of MongoDB and what each may do');
  roles
    .command('roles')
    .description(
      'a script for mongosh that creates the roles leadstream-reader, -projector and -operator, each with a user of ' +
        'its name; --apply creates them here, as the administrator of MONGODB_ADMIN_URI. Both may be run again',
    )
    .option('--apply', 'create or update them in MongoDB')
    .option('--passwords <folder>', 'with --apply: the folder with the files reader, projector and operator')
    .option('--database <name>', 'the database of the read model', 'leadstream')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      ending(['leadctl mongo roles > roles.js', 'leadctl mongo roles --apply --passwords passwords'], {
        0: 'printed, or created',
        1: 'an error',
      }),
    )
    .action((options: Options) => run(options));
}

async function run({ apply, passwords, database, json }: Options): Promise<void> {
  if (!apply) {
    const roles = Object.fromEntries(mongoRoles.map((role) => [mongoName(role), roleCommand(role, database)]));
    return print(json ? roles : rolesScript(database).trimEnd());
  }
  if (passwords === undefined) throw new Error('--apply needs --passwords <folder>');
  const of = Object.fromEntries(mongoRoles.map((role) => [role, passwordIn(passwords, role)]));
  const { MONGODB_ADMIN_URI: uri, ...tls } = loadConfig(
    z.object({
      MONGODB_ADMIN_URI: secret(z.string().min(1)),
      MONGODB_CA: mongo.MONGODB_CA,
      MONGODB_CERT_KEY: mongo.MONGODB_CERT_KEY,
    }),
    settings(),
  );
  await withDbOf({ MONGODB_URI: uri, ...tls }, async (admin) => {
    const db = admin.client.db(database);
    for (const role of mongoRoles) await applied(db, role, of[role] ?? '');
  });
  print(json ? { users: mongoRoles.map(mongoName) } : `${mongoRoles.length} roles and users are there`);
}

function passwordIn(folder: string, role: MongoRole): string {
  const password = readFileSync(join(folder, role), 'utf8').replace(/\r?\n$/, '');
  if (password === '') throw new Error(`${join(folder, role)}: the password is empty`);
  return password;
}

/** Sets the role's actions and the user's password to the given ones, whatever they were. */
async function applied(db: Db, role: MongoRole, pwd: string): Promise<void> {
  const name = mongoName(role);
  const body = roleCommand(role, db.databaseName);
  await createOrUpdate(db, { createRole: name, ...body }, { updateRole: name, ...body });
  const roles = [{ role: name, db: db.databaseName }];
  await createOrUpdate(db, { createUser: name, pwd, roles }, { updateUser: name, pwd, roles });
}

async function createOrUpdate(db: Db, create: object, update: object): Promise<void> {
  await db.command(create).catch((error: unknown) => {
    if (!(error instanceof MongoServerError && EXISTS.includes(Number(error.code)))) throw error;
    return db.command(update);
  });
}
