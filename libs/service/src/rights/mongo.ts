/** The roles in MongoDB, by the services that have them; each includes the one before. */
const READS = ['find', 'listCollections', 'listIndexes', 'collStats', 'indexStats', 'dbStats'] as const;
const WRITES = ['insert', 'update', 'remove', 'createIndex', 'dropIndex', 'createCollection'] as const;

export const MONGO_ROLES = {
  /** triage, scheduler, sender, inbound, watch, console: they read baselines and lists. */
  reader: [...READS],
  /** The projector alone writes the read model and its witness. */
  projector: [...READS, ...WRITES],
  /** leadctl: a rebuild drops collections. */
  operator: [...READS, ...WRITES, 'dropCollection'],
} as const;

export type MongoRole = keyof typeof MONGO_ROLES;
export const mongoRoles = Object.keys(MONGO_ROLES) as MongoRole[];

/** The name of a role, and of the user that has it: another application may share the server. */
export const mongoName = (role: MongoRole): string => `leadstream-${role}`;

export interface RoleCommand {
  privileges: { resource: { db: string; collection: string }; actions: string[] }[];
  roles: string[];
}

/** The body of `createRole` and `updateRole`: these actions on the collections of this database, and on no other. */
export const roleCommand = (role: MongoRole, db: string): RoleCommand => ({
  privileges: [{ resource: { db, collection: '' }, actions: [...MONGO_ROLES[role]] }],
  roles: [],
});

/** A script for mongosh, as an administrator: it may be run again, and asks for the password of a new user. */
export function rolesScript(db: string): string {
  const each = mongoRoles.map((role) => ({ name: mongoName(role), ...roleCommand(role, db) }));
  return `// The roles and users of Leadstream; made by \`leadctl mongo roles\`.
// mongosh "$MONGODB_ADMIN_URI" roles.js
const leadstream = db.getSiblingDB(${JSON.stringify(db)});
for (const { name, privileges, roles } of ${JSON.stringify(each, null, 2)}) {
  if (leadstream.getRole(name)) leadstream.updateRole(name, { privileges, roles });
  else leadstream.createRole({ role: name, privileges, roles });
  if (!leadstream.getUser(name)) {
    print(\`Password of the new user \${name}:\`);
    leadstream.createUser({ user: name, pwd: passwordPrompt(), roles: [{ role: name, db: leadstream.getName() }] });
  }
}
`;
}
