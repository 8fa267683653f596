const HEADER_NAME = /^[!-9;-~]{1,200}$/;

/** The short texts of a post, by their path in its JSON (`Headers.0.Name`). */
type Lines = ReadonlyMap<string, string>;
type Header = readonly [name: string, value: string];

const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
const bare = (address: string): string => address.trim().replace(/^<|>$/g, '');

function* postedHeaders(lines: Lines): Generator<Header> {
  for (const [path, name] of lines) {
    const [, place] = /^(Headers\.\d+)\.Name$/.exec(path) ?? [];
    if (place && HEADER_NAME.test(name)) yield [name, lines.get(`${place}.Value`) ?? ''];
  }
}

/** The address alone counts; a name may contain another one, so it is quoted. */
const mailboxes = (lines: Lines, paths: RegExp): string =>
  [...lines]
    .filter(([path, email]) => paths.test(path) && email)
    .map(([path, email]) => {
      const name = oneLine(lines.get(path.replace(/Email$/, 'Name')) ?? '').replace(/["\\]/g, '\\$&');
      return name ? `"${name}" <${email}>` : email;
    })
    .join(', ');

/** The headers that Postmark posts as fields of their own. */
const namedHeaders = (lines: Lines, subject: string): Header[] => [
  ['From', mailboxes(lines, /^FromFull\.Email$/) || (lines.get('From') ?? '')],
  ['To', mailboxes(lines, /^ToFull\.\d+\.Email$/) || (lines.get('To') ?? '')],
  ['Cc', mailboxes(lines, /^CcFull\.\d+\.Email$/) || (lines.get('Cc') ?? '')],
  ['Reply-To', lines.get('ReplyTo') ?? ''],
  ['Subject', subject],
  ['Date', lines.get('Date') ?? ''],
];

/**
 * The header block, in which the named headers come first, because a limit cuts its end; the addresses; and the
 * envelope, whose sender Postmark puts first among the headers as Return-Path. One further down is the writer's.
 */
export function fieldsOfLines(lines: Lines, subject: string): Record<string, string> {
  const headers = [...postedHeaders(lines)];
  const [name = '', value = ''] = headers[0] ?? [];
  const to = lines.get('OriginalRecipient');
  const envelope = { ...(to ? { to: [to] } : {}), ...(/^return-path$/i.test(name) ? { from: bare(value) } : {}) };
  const posted = new Set(headers.map(([posted]) => posted.toLowerCase()));
  const named = namedHeaders(lines, subject).filter(([name, value]) => value && !posted.has(name.toLowerCase()));
  const block = [...named, ...headers].map(([name, value]) => `${name}: ${oneLine(value)}\n`).join('');
  return {
    ...Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), value])),
    ...(block ? { headers: block } : {}),
    ...(Object.keys(envelope).length > 0 ? { envelope: JSON.stringify(envelope) } : {}),
  };
}
