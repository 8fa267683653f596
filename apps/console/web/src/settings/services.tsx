import { useState, type SyntheticEvent } from 'react';
import type { Settings, TriedPost } from '../../../src/settings-schemas.ts';
import { post } from '../api.ts';
import { Dialog } from '../ui.tsx';
import { plural } from '../words.ts';

type Service = Settings['intake']['services'][number];

export function Services({ intake: { services, problems } }: Pick<Settings, 'intake'>) {
  const [tried, open] = useState<Service>();
  return (
    <>
      {problems.map((problem) => (
        <p key={problem} className="late">
          {problem}
        </p>
      ))}
      <ul className="services">
        {services.map((service) => (
          <li key={service.name}>
            <div>
              <strong>{service.title}</strong> <code className="small break">POST /v1/leads/from/{service.name}</code>
              <p className="quiet small">
                source {service.source}
                {service.signed && ', with a signature'}
                {service.fetched && ', fetches the lead that a post names'}
                {' · '}
                <a href={service.docs} rel="noreferrer" target="_blank">
                  its documentation
                </a>
              </p>
            </div>
            <button type="button" aria-label={`Try a post of ${service.title}`} onClick={() => open(service)}>
              Try a post
            </button>
          </li>
        ))}
      </ul>
      {tried && <TryDialog service={tried} onClose={() => open(undefined)} />}
    </>
  );
}

const TYPES = ['application/json', 'application/x-www-form-urlencoded'] as const;

/** The same code as `leadctl intake test`; nothing is stored. */
function TryDialog({ service, onClose }: { service: Service; onClose: () => void }) {
  const [answer, show] = useState<TriedPost | Error>();
  const [busy, wait] = useState(false);
  const submit = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = Object.fromEntries(['body', 'contentType', 'query'].map((name) => [name, form.get(name)]));
    wait(true);
    void post<TriedPost>(`/v1/intake/${service.name}/try`, body)
      .catch((error: Error) => error)
      .then(show)
      .finally(() => wait(false));
  };
  return (
    <Dialog title={`A post of ${service.title}`} onClose={onClose} wide>
      <form onSubmit={submit}>
        <label>
          The post, as {service.title} sends it
          <textarea name="body" rows={7} required maxLength={65_536} spellCheck={false} />
        </label>
        <label>
          Its type
          <select name="contentType">
            {TYPES.map((type) => (
              <option key={type}>{type}</option>
            ))}
          </select>
        </label>
        <label>
          Query of the address <span className="quiet">may be empty, e.g. source=demo_request</span>
          <input name="query" maxLength={2_000} />
        </label>
        <Answer answer={answer} service={service} />
        <footer>
          <button type="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="primary" disabled={busy}>
            Try it
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function Answer({ answer, service }: { answer: TriedPost | Error | undefined; service: Service }) {
  if (answer === undefined) return <p className="quiet small">Nothing is stored, and nobody gets a mail.</p>;
  if (answer instanceof Error)
    return (
      <p className="error" role="alert">
        {answer.message}
      </p>
    );
  const { leads } = answer;
  return (
    <div role="status">
      <p>
        {leads.length === 0
          ? `Ignored: it is no ${service.title} submission.`
          : `${plural(leads.length, 'lead')}, as triage cleans it:`}
      </p>
      {leads.map(({ isTaken, shown }, index) => (
        <div key={index}>
          {!isTaken && <p className="late">Refused, and this is why:</p>}
          <pre tabIndex={0}>{JSON.stringify(shown, null, 2)}</pre>
        </div>
      ))}
    </div>
  );
}
