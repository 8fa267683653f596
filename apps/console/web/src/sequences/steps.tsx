import { useState } from 'react';
import type { SequenceVersion } from '../../../src/sequence-schemas.ts';
import { Icon } from '../icons.tsx';
import { Dialog } from '../ui.tsx';
import { MailForms, type MailForm } from '../mail-form.tsx';
import { plural, visible } from '../words.ts';
import { waitInWords } from './data.ts';

type Step = SequenceVersion['steps'][number];
type Mail = Step['mails'][number];

/** The steps as a stream from top to bottom: the wait before each, who gets it, and the leads that wait there. */
export function Steps({ shown }: { shown: SequenceVersion }) {
  return (
    <section aria-labelledby="steps">
      <h2 id="steps">Steps</h2>
      <ol className="steps">
        {shown.steps.map((step) => (
          <li key={step.id}>
            <p className="wait quiet small">
              <Icon name="clock" /> {waitInWords(step)}
            </p>
            <StepCard shown={shown} step={step} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function StepCard({ shown, step }: { shown: SequenceVersion; step: Step }) {
  const [mail, read] = useState<Mail>();
  const { waiting } = step;
  return (
    <article className={`card step-card ${step.audience}`}>
      <span className="knot">
        <Icon name={step.audience === 'lead' ? 'mail' : 'person'} />
      </span>
      <div>
        <h3>{step.id}</h3>
        <p className="quiet small">
          {step.audience === 'lead' ? 'to the lead' : 'to the rep'}
          {step.thread && ', in the thread of the first mail'}
          {step.variants > 0 && `, ${step.variants + 1} variants in equal shares`}
          {step.when && `, if ${step.when}`}
        </p>
        <ul className="row">
          {step.mails.map((one, index) => (
            <li key={index}>
              <button type="button" className="link" onClick={() => read(one)}>
                {visible(one.subject ?? one.template)}
              </button>{' '}
              <span className="quiet small">{one.lead === 'full' ? 'all known' : 'nothing known'}</span>
            </li>
          ))}
        </ul>
      </div>
      <p className="waiting">
        {waiting ? `${waiting.count.toLocaleString('en')}${waiting.more ? '+' : ''}` : '–'}
        <small>{plural(waiting?.count ?? 0, 'lead').replace(/^\S+ /, '')} here now</small>
      </p>
      {mail && <MailDialog shown={shown} mail={mail} onClose={() => read(undefined)} />}
    </article>
  );
}

interface MailProps {
  shown: SequenceVersion;
  mail: Mail;
  onClose: () => void;
}

function MailDialog({ shown, mail, onClose }: MailProps) {
  const [form, choose] = useState<MailForm>('desktop');
  const [tag] = mail.tags;
  const asked = new URLSearchParams({ lead: mail.lead, ...(tag === undefined ? {} : { tag }) }).toString();
  const path = `/v1/sequences/${shown.id}/${shown.version}/mails/${mail.template}?${asked}`;
  return (
    <Dialog title={visible(mail.subject ?? mail.template)} onClose={onClose} wide>
      <div className="mail-head">
        <p className="quiet small">
          To an example lead, {mail.lead === 'full' ? 'of whom all is known' : 'who left only an address'}
          {tag !== undefined && `, begun by ${tag}`}
        </p>
        <MailForms form={form} choose={choose} />
      </div>
      {mail.fault !== null ? (
        <p className="obstacle">{visible(mail.fault)}</p>
      ) : form === 'text' ? (
        <pre tabIndex={0}>{visible(mail.text ?? '')}</pre>
      ) : (
        <iframe className={form} title="The mail" sandbox="" src={path} />
      )}
    </Dialog>
  );
}
