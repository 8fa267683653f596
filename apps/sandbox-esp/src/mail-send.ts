import { z } from 'zod';

/** `POST /v3/mail/send` as SendGrid reads it: the rules of its OpenAPI spec and error list, in its words. */

const NO_ADDRESS = 'Does not contain a valid address.';
const email = z.string(NO_ADDRESS).regex(/^[^\s@<>()[\],;:\\"]+@[^\s@.]+(\.[^\s@.]+)+$/, NO_ADDRESS);
const address = z.object({ email, name: z.string().optional() }, NO_ADDRESS);
const recipient = z.object(
  {
    email,
    name: z
      .string()
      .regex(/^[^,;]*$/, 'The name of a recipient may not contain a comma or a semicolon.')
      .optional(),
  },
  NO_ADDRESS,
);
const sender = z.object(
  {
    email: email.regex(/^[\x20-\x7e]*$/, `${NO_ADDRESS} Unicode is not supported in the from address.`),
    name: z.string().optional(),
  },
  'The from object must be provided for every email send. It requires the ' +
    'email parameter, but may also contain a name parameter.',
);

const RESERVED = [
  'x-sg-id',
  'x-sg-eid',
  'received',
  'dkim-signature',
  'content-type',
  'content-transfer-encoding',
  'to',
  'from',
  'subject',
  'reply-to',
  'cc',
  'bcc',
];
const headers = z
  .record(
    z.string().regex(/^[\x21-\x7e]+$/, "Header keys can't contain non-ASCII characters or empty spaces."),
    z.string('The header values must be strings.'),
  )
  .refine(
    (all) => !Object.keys(all).some((name) => RESERVED.includes(name.toLowerCase())),
    'Header can not be one of the reserved keys.',
  );

const subject = z.string().min(1, 'The subject of your email must be a string at least one character in length.');
const TOO_LARGE = 'The combined size of custom arguments may not exceed 10000 bytes per personalization.';
const customArgs = z.record(z.string(), z.string());
const sendAt = z.int('The send_at parameter is expecting a UNIX timestamp as an integer.').optional();

const personalization = z
  .object({
    to: z
      .array(recipient, 'The to parameter is required for all personalization objects.')
      .min(
        1,
        'The to array is required for all personalization objects, and must ' +
          'have at least one email object with a valid email address.',
      ),
    cc: z.array(recipient).default([]),
    bcc: z.array(recipient).default([]),
    from: sender.optional(),
    subject: subject.optional(),
    headers: headers.default({}),
    custom_args: customArgs.default({}),
    send_at: sendAt,
  })
  .superRefine(({ to, cc, bcc }, context) => {
    const all = [...to, ...cc, ...bcc].map((one) => one.email.toLowerCase());
    const twice = all.find((one, index) => all.indexOf(one) !== index);
    if (!twice) return;
    const message =
      'Each email address in the personalization block should be unique between to, ' +
      `cc, and bcc. We found the first duplicate instance of [${twice}].`;
    context.addIssue({ code: 'custom', message });
  });

const content = z.object({
  type: z
    .string('A content type is required, this tells email clients how to display the email.')
    .min(1, 'Your content type must be a string with length of at least one character.'),
  value: z
    .string('A content value is required, this is the content of the email you are sending.')
    .min(1, 'The content value must be a string at least one character in length.'),
});

const fields = z.object({
  personalizations: z
    .array(personalization, 'The personalizations field is required and must have at least one personalization.')
    .min(1, 'You must have at least one personalization.')
    .max(1_000, 'The personalization block is limited to 1000 personalizations per API request.'),
  from: sender,
  reply_to: address.optional(),
  reply_to_list: z.array(address).max(1_000).optional(),
  subject: subject.optional(),
  content: z.array(content).min(1, 'There must be at least one defined content block.').optional(),
  template_id: z.string().optional(),
  headers: headers.default({}),
  custom_args: customArgs.default({}),
  send_at: sendAt,
  categories: z
    .array(
      z.string().max(255, 'Each category must not be longer than 255 characters.'),
      'Categories must be an array of strings.',
    )
    .max(10, 'There is a limit of 10 categories for each email that is sent.')
    .default([]),
  mail_settings: z.object({ sandbox_mode: z.object({ enable: z.boolean().optional() }).optional() }).optional(),
});
export type MailSend = z.infer<typeof fields>;

/** text/plain before text/html before all the rest. */
const contentRank = (type: string): number => (type === 'text/plain' ? 0 : type === 'text/html' ? 1 : 2);

/** The rules that concern several fields. */
function* problems(mail: MailSend): Generator<[message: string, ...path: (string | number)[]]> {
  if (!mail.template_id) {
    if (!mail.content) yield ['Unless a valid template_id is provided, the content parameter is required.', 'content'];
    if (mail.subject === undefined && mail.personalizations.some((one) => !one.subject)) {
      yield [
        'The subject is required. You can get around this requirement if every personalization has a subject defined.',
        'subject',
      ];
    }
  }
  const ranks = (mail.content ?? []).map(({ type }) => contentRank(type));
  if (ranks.some((rank, index) => rank < (ranks[index - 1] ?? 0))) {
    yield [
      'Following RFC 1341, section 7.2, text/plain needs to be first, ' +
        'followed by text/html, followed by any other content.',
      'content',
    ];
  }
  if (mail.reply_to && mail.reply_to_list)
    yield ['The reply_to and reply_to_list parameters are mutually exclusive.', 'reply_to'];
  const recipients = mail.personalizations.reduce(
    (sum, { to, cc, bcc }) => sum + to.length + cc.length + bcc.length,
    0,
  );
  if (recipients > 1_000)
    yield ['There is a limit of 1000 total recipients (to + cc + bcc) per request.', 'personalizations'];
  for (const [index, one] of mail.personalizations.entries()) {
    if (Buffer.byteLength(JSON.stringify({ ...mail.custom_args, ...one.custom_args })) > 10_000) {
      yield [TOO_LARGE, 'personalizations', index, 'custom_args'];
    }
    const sendAt = one.send_at ?? mail.send_at ?? 0;
    if (sendAt - Date.now() / 1_000 > 72 * 3_600)
      yield ['Scheduling more than 72 hours in advance is forbidden.', 'personalizations', index, 'send_at'];
  }
}

const mailSend = fields.superRefine((mail, context) => {
  for (const [message, ...path] of problems(mail)) context.addIssue({ code: 'custom', message, path });
});

export interface ApiError {
  message: string;
  field: string | null;
  help: string | null;
}

export const apiError = (message: string): { errors: ApiError[] } => ({
  errors: [{ message, field: null, help: null }],
});

/** Parses the request; returns the mail, or SendGrid's errors for a 400. */
export function readMailSend(body: unknown): { mail: MailSend } | { errors: ApiError[] } {
  const parsed = mailSend.safeParse(body);
  if (parsed.success) return { mail: parsed.data };
  const errors = parsed.error.issues.map(({ path, message }): ApiError => {
    // An error about a number among the custom arguments has no field (as django-anymail found).
    if (path.includes('custom_args') && message !== TOO_LARGE)
      return { message: 'Bad Request', field: null, help: null };
    const names = path.filter((key) => typeof key === 'string').join('.');
    const help = names ? `http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html#message.${names}` : null;
    return { message, field: path.join('.') || null, help };
  });
  return { errors };
}
