const FORMS = { desktop: 'Desktop', phone: 'Phone', text: 'Text' } as const;
export type MailForm = keyof typeof FORMS;

/** The form in which a mail is shown: at one of two widths, or as text. */
export const MailForms = ({ form, choose }: { form: MailForm; choose: (form: MailForm) => void }) => (
  <div className="segments" role="group" aria-label="Form">
    {(Object.keys(FORMS) as MailForm[]).map((one) => (
      <button key={one} type="button" aria-pressed={one === form} onClick={() => choose(one)}>
        {FORMS[one]}
      </button>
    ))}
  </div>
);
