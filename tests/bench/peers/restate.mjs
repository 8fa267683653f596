import * as restate from '@restatedev/restate-sdk';
import { job, post } from './peer.mjs';

/** Its server takes the HTTP requests, stores them, and calls these handlers. */
const lead = restate.workflow({
  name: 'lead',
  handlers: {
    run: async (context, { to, waitMs }) => {
      try {
        await context.promise('reply').get().orTimeout(waitMs);
        return 'stopped';
      } catch (error) {
        if (!(error instanceof restate.TimeoutError)) throw error;
      }
      await context.run('mail', () => post(to));
      return 'mailed';
    },
    reply: (context) => context.promise('reply').resolve('replied'),
  },
});
await restate.serve({ services: [lead], port: job.port });
console.log('the peer listens');
