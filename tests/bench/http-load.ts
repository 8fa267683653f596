import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

/**
 * Posts leads over kept-alive connections; a process of its own, so that its work is not counted. One job per message,
 * with a response at its end.
 */
export const jobSchema = z.object({ url: z.string(), requests: z.number(), connections: z.number() });
export const doneSchema = z.object({ ms: z.number(), refused: z.number() });
type Job = z.infer<typeof jobSchema>;

const BODY = JSON.stringify({
  email: 'jane.doe@example.com',
  firstName: 'Jane',
  lastName: 'Doe',
  phone: '+15551234567',
  timeZone: 'America/New_York',
  ip: '203.0.113.9',
  leadData: {
    source: 'content_download_kubernetes_guide',
    medium: 'paid_search',
    campaign: 'q4_enterprise_focus',
    pageURL: 'https://example.com/guides/kubernetes-cost-optimization',
    submissionTimestamp: '2023-10-27T10:00:00Z',
    utm: { utm_term: 'cost' },
    fields: { companySize: '50' },
  },
});
const HEADERS = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };

const post = (url: string, agent: Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    request(url, { method: 'POST', agent, headers: HEADERS }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    })
      .on('error', reject)
      .end(BODY);
  });

async function flood({ url, requests, connections }: Job): Promise<z.infer<typeof doneSchema>> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const startedMs = performance.now();
  let [begun, refused] = [0, 0];
  const worker = async () => {
    while (begun++ < requests) if ((await post(url, agent)) !== 202) refused++;
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const ms = performance.now() - startedMs;
  agent.destroy();
  return { ms, refused };
}

if (process.send) {
  process.on(
    'message',
    (message) =>
      void flood(jobSchema.parse(message))
        .then((done) => delay(0, done))
        .then((done) => process.send?.(done)),
  );
  process.on('disconnect', () => process.exit());
}
