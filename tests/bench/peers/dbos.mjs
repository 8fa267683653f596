import { DBOS } from '@dbos-inc/dbos-sdk';
import { job, post, serve } from './peer.mjs';

DBOS.setConfig({
  name: 'leads',
  systemDatabaseUrl: `postgresql://bench@127.0.0.1:${job.storePort}/bench`,
  logLevel: 'error',
});
const follow = DBOS.registerWorkflow(
  async (to, waitMs) => {
    if ((await DBOS.recv('reply', waitMs / 1_000)) !== null) return 'stopped';
    await DBOS.runStep(() => post(to), { name: 'mail', retriesAllowed: true, maxAttempts: 6 });
    return 'mailed';
  },
  { name: 'follow' },
);
await DBOS.launch();
serve({
  lead: ({ id, to, waitMs }) => DBOS.startWorkflow(follow, { workflowID: id })(to, waitMs),
  reply: ({ id }) => DBOS.send(id, 'replied', 'reply'),
});
