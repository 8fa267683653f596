import type { Db } from 'mongodb';

/** The database with a hook around writes to `leads_1`. */
export const withWrite = (db: Db, around: (write: () => Promise<unknown>) => Promise<unknown>): Db => {
  const leads = db.collection('leads_1');
  const write = leads.bulkWrite.bind(leads);
  leads.bulkWrite = ((...asked: Parameters<typeof write>) => around(() => write(...asked))) as typeof write;
  return new Proxy(db, {
    get: (target, name) => {
      if (name === 'collection') return (wanted: string) => (wanted === 'leads_1' ? leads : target.collection(wanted));
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
};
