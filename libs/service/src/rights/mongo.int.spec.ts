import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mongoDatabase } from '@leadstream/testing/servers-database';
import { MongoClient, type Db } from 'mongodb';
import { mongoName, mongoUsers, rolesScript } from './mongo.ts';

const { uri } = mongoDatabase('roles');
const client = new MongoClient(uri);
let db: Db;

beforeAll(async () => {
  await client.connect();
  db = client.db();
});
afterAll(async () => {
  await db.command({ dropAllUsersFromDatabase: 1 });
  await db.command({ dropAllRolesFromDatabase: 1 });
  await client.close();
});

interface Shown {
  user: string;
  roles: { role: string; db: string }[];
}
const users = async (): Promise<Shown[]> =>
  ((await db.command({ usersInfo: 1 })) as unknown as { users: Shown[] }).users;
const roles = async (): Promise<{ role: string }[]> =>
  ((await db.command({ rolesInfo: 1 })) as unknown as { roles: { role: string }[] }).roles;

/**
 * Runs the script with the functions of mongosh that it calls, and its commands against MongoDB. Returns the prompts.
 */
async function run(script: string, password: string): Promise<string[]> {
  const [knownUsers, knownRoles] = [await users(), await roles()];
  const commands: object[] = [];
  const prompts: string[] = [];
  const shell = {
    getName: () => db.databaseName,
    getRole: (name: string) => knownRoles.find(({ role }) => role === name),
    getUser: (name: string) => knownUsers.find(({ user }) => user === name),
    createRole: ({ role, ...rest }: { role: string }) => commands.push({ createRole: role, ...rest }),
    updateRole: (role: string, rest: object) => commands.push({ updateRole: role, ...rest }),
    createUser: ({ user, ...rest }: { user: string }) => commands.push({ createUser: user, ...rest }),
    updateUser: (user: string, rest: object) => commands.push({ updateUser: user, ...rest }),
  };
  runInNewContext(script, {
    db: { getSiblingDB: () => shell },
    print: (text: string) => prompts.push(text),
    passwordPrompt: () => password,
  });
  for (const command of commands) await db.command(command);
  return prompts;
}

describe('the script of leadctl mongo roles', () => {
  it('creates the roles and a user of each, and asks for no password when run again', async () => {
    const script = rolesScript(db.databaseName);
    expect(await run(script, 'a password')).toHaveLength(mongoUsers.size);
    expect(await run(script, 'another')).toEqual([]);
    expect(new Map((await users()).map((each) => [each.user, each.roles]))).toEqual(
      new Map([...mongoUsers].map(([user, role]) => [user, [{ role: mongoName(role), db: db.databaseName }]])),
    );
  });

  it('gives an existing user the role that this build names, and keeps its password', async () => {
    const script = rolesScript(db.databaseName);
    await run(script, 'a password');
    await db.command({ updateUser: 'triage', roles: ['readWrite'] });
    await run(script, 'another');
    const triage = (await users()).find(({ user }) => user === 'triage');
    expect(triage?.roles).toEqual([{ role: 'leadstream-reader', db: db.databaseName }]);
    const { hosts } = client.options;
    const as = new MongoClient(
      `mongodb://triage:${encodeURIComponent('a password')}@${hosts.join(',')}/${db.databaseName}`,
    );
    await as.connect();
    await as.close();
  });
});
