import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { MailView } from '../../../src/mail-schemas.ts';
import type { LeadView } from '../../../src/schemas.ts';
import { ask } from '../api.ts';
import { exact, wall } from '../time.ts';
import { Dialog, Failed, Skeleton } from '../ui.tsx';
import { MailForms, type MailForm } from '../mail-form.tsx';
import { titled, visible } from '../words.ts';

interface Props {
  lead: LeadView;
  sendIds: readonly string[];
}

/** The last mail of a step, in a dialog. */
export function ReadMail({ lead, sendIds }: Props) {
  const [isOpen, open] = useState(false);
  const sendId = sendIds.at(-1);
  if (sendId === undefined) return null;
  return (
    <>
      <button type="button" className="link" onClick={() => open(true)}>
        Read the mail
      </button>
      {isOpen && <MailDialog leadId={lead.id} sendId={sendId} onClose={() => open(false)} />}
    </>
  );
}

interface MailProps {
  leadId: string;
  sendId: string;
  onClose: () => void;
}

function MailDialog({ leadId, sendId, onClose }: MailProps) {
  const path = `/v1/leads/${leadId}/mails/${encodeURIComponent(sendId)}`;
  const { data, error } = useQuery({
    queryKey: ['mail', leadId, sendId],
    queryFn: ({ signal }) => ask<MailView>(path, { signal }),
    staleTime: Infinity,
  });
  return (
    <Dialog title={data ? visible(data.subject) : 'Mail'} onClose={onClose} wide>
      {data ? (
        <Mail mail={data} path={path} />
      ) : error ? (
        <Failed error={error} />
      ) : (
        <Skeleton label="Loading the mail" />
      )}
    </Dialog>
  );
}

function Mail({ mail, path }: { mail: MailView; path: string }) {
  const [form, choose] = useState<MailForm>('desktop');
  return (
    <>
      <div className="mail-head">
        <p className="quiet small">
          To {visible(mail.to)}
          {mail.from && ` from ${visible(mail.from)}`} ·{' '}
          <time dateTime={mail.at} title={exact(mail.at)}>
            {wall(mail.at)}
          </time>
        </p>
        <MailForms form={form} choose={choose} />
      </div>
      {form === 'text' ? (
        <pre tabIndex={0}>{visible(mail.text)}</pre>
      ) : (
        <iframe className={form} title="The mail" sandbox="" src={`${path}/html`} />
      )}
      <Proof mail={mail} />
      <p className="quiet small">
        Made again from “{mail.template}” of {titled(mail.sequence)} v{mail.version} and the lead as it was then, with
        today’s sender name, postal address and booking link.
      </p>
    </>
  );
}

const PROOFS = {
  exact: 'Exactly the mail that went out, but for the lead’s own link in it',
  words: 'The subject and the words went out so; the end of the mail or its frame was another',
  changed: 'Not exactly the mail that went out',
  'not-recorded': 'Whether it went out exactly so is not recorded: its claim is of an older version of Leadstream',
} satisfies Record<MailView['match'], string>;

const PARTIES = {
  'as-sent': (what) => `${what}: as sent.`,
  another: (what) => `${what}: another than shown here.`,
  'not-recorded': (what) => `${what}: not recorded.`,
  'unknown-here': (what) => `${what}: not known here.`,
} satisfies Record<MailView['parties']['to'], (what: string) => string>;

/** By the hash in the claim. */
function Proof({ mail: { match, why, parties } }: { mail: MailView }) {
  const others = (['to', 'from'] as const).filter((party) => parties[party] === 'another');
  const differs = match === 'words' || match === 'changed' || others.length > 0;
  return (
    <p className={differs ? 'proof differs' : 'proof'} data-match={match}>
      <strong>{PROOFS[match]}</strong>
      {why.length > 0 &&
        `. What may have changed since: ${new Intl.ListFormat('en', { type: 'disjunction' }).format(why)}`}
      . {PARTIES[parties.to](parties.to === parties.from ? 'To and From' : 'To')}
      {parties.to !== parties.from && ` ${PARTIES[parties.from]('From')}`}
    </p>
  );
}
