import { createServer } from 'node:http';

/** The job of a peer, from its one argument: its port, its store, and the letter that it posts. */
export const job = JSON.parse(process.argv[2] ?? '{}');

/** Posts the letter to the address; throws when the provider refuses it. */
export async function post(to) {
  const { esp, letter } = job;
  const personalizations = letter.personalizations.map((one) => ({ ...one, to: [{ email: to }] }));
  const answer = await fetch(`${esp}/v3/mail/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer SG.bench' },
    body: JSON.stringify({ ...letter, personalizations }),
  });
  if (!answer.ok) throw new Error(`the provider answers ${answer.status}: ${await answer.text()}`);
  await answer.arrayBuffer();
}

/** `POST /leads` with id, to and waitMs, and `POST /replies` with id: answered once the peer has stored it. */
export function serve({ lead, reply }) {
  const handlers = { '/leads': lead, '/replies': reply };
  const server = createServer((request, response) => {
    const answer = (status) => response.writeHead(status).end();
    const handle = handlers[request.url];
    if (!handle) return answer(404);
    let body = '';
    request.setEncoding('utf8').on('data', (piece) => (body += piece));
    request.on('end', () => {
      Promise.resolve(handle(JSON.parse(body))).then(
        () => answer(202),
        (error) => {
          console.error(error);
          answer(500);
        },
      );
    });
  });
  server.listen(job.port, '127.0.0.1', () => console.log('the peer listens'));
}
