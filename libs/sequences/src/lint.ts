import type { Sequence, Step } from './definition.ts';
import { REPS_FILE, type Folder } from './folder.ts';
import { withFooter, type Footer } from './footer.ts';
import { clipped, lintFrame } from './lint-frame.ts';
import { lintSteps } from './lint-steps.ts';
import { isOfText, lintPlain, tooLong } from './lint-text.ts';
import { lintLiquid, lintMarkdown } from './lint-template.ts';
import { faultsOf, type Path, type Problem, type SourceLocation } from './read-yaml.ts';
import { renderStep, Unrenderable } from './render.ts';
import { TOKENS, type Tokens } from './template-tokens.ts';
import { actionsOf } from './variants.ts';

type PlaceOf = Folder['placeOf'];

/** A definition on its own has no lines: it is one JSON value. */
const withoutFolder: PlaceOf = ({ id }, [part, name]) => ({
  file: part === 'templates' ? `${id}/${String(name)}.md` : `${id}/sequence.yaml`,
  ...(part === 'templates' ? { line: 1 } : {}),
});

function lintSequence(sequence: Sequence, placeOf: PlaceOf): Problem[] {
  const problems: Problem[] = [...lintSteps(sequence), ...lintFrame(sequence)].map(({ path, ...finding }) => ({
    ...placeOf(sequence, path),
    ...finding,
  }));
  for (const [name, { subject, body }] of Object.entries(sequence.templates)) {
    const forLead = sequence.steps.some((step) => actionsOf(step).includes(name) && step.audience === 'lead');
    const inBody = placeOf(sequence, ['templates', name, 'body']);
    const inWords = isOfText(sequence, (step) => actionsOf(step).includes(name)) ? lintPlain : lintMarkdown;
    for (const { line, ...finding } of [...lintLiquid(body, forLead), ...inWords(body)]) {
      problems.push({ file: inBody.file, line: (inBody.line ?? 1) + line - 1, ...finding });
    }
    const inSubject = placeOf(sequence, ['templates', name, 'subject']);
    for (const { rule, message } of lintLiquid(subject ?? '', forLead)) problems.push({ ...inSubject, rule, message });
  }
  return faultsOf(problems).length > 0 ? problems : [...problems, ...lintMails(sequence, placeOf)];
}

const NOTHING_KNOWN_OR_ALL: readonly { known: string; tokens: Tokens }[] = [
  { known: 'nothing', tokens: {} },
  { known: 'everything', tokens: Object.fromEntries(Object.keys(TOKENS).map((name) => [name, 'known'])) },
];

/** As long as those of a deployment. */
const FOOTER: Footer = {
  fromName: 'Sam of Acme',
  postalAddress: '1 Example Street, Springfield',
  wayOut: `https://mail.example.com/u/${'x'.repeat(60)}?sequence=example`,
};

/**
 * Verifies the rules' promise: each mail is rendered once without any data of the lead, and once with all of it. The
 * first finding of a mail is enough.
 */
function lintMails(sequence: Sequence, placeOf: PlaceOf): Problem[] {
  const mails = sequence.steps.flatMap((step) => actionsOf(step).map((action) => ({ ...step, action })));
  return mails.flatMap((step) => {
    const found = NOTHING_KNOWN_OR_ALL.flatMap(({ known, tokens }) => lintMail(sequence, step, known, tokens) ?? []);
    return found.slice(0, 1).map((one) => ({ ...placeOf(sequence, ['templates', step.action, 'body']), ...one }));
  });
}

function lintMail(
  sequence: Sequence,
  { id, action, audience, channel }: Step,
  known: string,
  tokens: Tokens,
): Omit<Problem, 'file'> | undefined {
  try {
    const mail = renderStep(sequence, id, tokens, { action });
    if (channel === 'sms') return tooLong(mail.text);
    return audience === 'lead' ? clipped(withFooter(mail, FOOTER).html) : undefined;
  } catch (error) {
    if (!(error instanceof Unrenderable)) throw error;
    return { rule: 'unrenderable', message: `with ${known} known of a lead there is no mail: ${error.message}` };
  }
}

/** Each tag that triage gives triggers exactly one sequence, and each sequence can be triggered. */
function lintTags({ sequences, routes, problems: unread, placeOf, placeInRoutes }: Folder): Problem[] {
  if (!routes) return [];
  const problems: Problem[] = [];
  const given = [
    ...routes.routes.map(({ tag }, index) => ({ tag, path: ['routes', index, 'tag'] })),
    { tag: routes.default.tag, path: ['default', 'tag'] },
    { tag: routes.returning.tag, path: ['returning', 'tag'] },
  ];
  for (const { tag, path } of given) {
    const triggered = sequences.filter(({ triggers }) => triggers.includes(tag)).map(({ id }) => id);
    if (triggered.length === 0 && unread.length === 0)
      problems.push({ ...placeInRoutes(path), rule: 'tag-without-sequence', message: `${tag} triggers no sequence` });
    if (triggered.length > 1)
      problems.push({
        ...placeInRoutes(path),
        rule: 'tag-with-sequences',
        message: `${tag} triggers several sequences: ${triggered.join(', ')}`,
      });
  }
  for (const sequence of sequences) {
    sequence.triggers.forEach((tag, index) => {
      if (!given.some((one) => one.tag === tag))
        problems.push({
          ...placeOf(sequence, ['triggers', index]),
          rule: 'unknown-trigger',
          message: `nothing gives the tag ${tag}`,
        });
    });
  }
  const seen = new Set<string>();
  routes.routes.forEach(({ sources }, index) =>
    sources.forEach((source, at) => {
      const place: SourceLocation = placeInRoutes(['routes', index, 'sources', at]);
      if (seen.has(source.toLowerCase()))
        problems.push({ ...place, rule: 'source-twice', message: `${source} is routed above already` });
      seen.add(source.toLowerCase());
    }),
  );
  return problems;
}

/** A sequence with a rule needs reps, and each of them is one person. */
function lintReps({ sequences, reps, problems, placeOf }: Folder): Problem[] {
  const without = sequences.filter(({ assign }) => assign && !reps && problems.every(({ file }) => file !== REPS_FILE));
  const ids = (reps?.reps ?? []).map(({ id }) => id);
  return [
    ...without.map((sequence) => ({
      ...placeOf(sequence, ['assign']),
      rule: 'assign',
      message: `there is no ${REPS_FILE}: nobody could have its leads`,
    })),
    ...ids.flatMap((id, index) =>
      reps && ids.indexOf(id) < index
        ? [
            {
              ...placeOf(reps, ['reps', index, 'id']),
              rule: 'rep-twice',
              message: `${id} is in the list above already`,
            },
          ]
        : [],
    ),
  ];
}

/** Each rule has an id of its own, and its tags start no sequence: the source alone routes. */
function lintTagRules({ sequences, tags, placeOf }: Folder): Problem[] {
  if (!tags) return [];
  const ids = tags.rules.map(({ id }) => id);
  return tags.rules.flatMap(({ id, add }, index) => {
    const place = (path: Path): SourceLocation => placeOf(tags, ['rules', index, ...path]);
    const message = `${id} is the id of a rule above already`;
    return [
      ...(ids.indexOf(id) < index ? [{ ...place(['id']), rule: 'tag-rule-twice', message }] : []),
      ...add.flatMap((tag, at) => {
        const triggered = sequences.find(({ triggers }) => triggers.includes(tag));
        return triggered
          ? [
              {
                ...place(['add', at]),
                rule: 'tag-rule-trigger',
                message: `${tag} triggers ${triggered.id}, and a rule starts no sequence: routes.yaml does`,
              },
            ]
          : [];
      }),
    ];
  });
}

const byPlace = (a: Problem, b: Problem): number =>
  a.file < b.file ? -1 : a.file > b.file ? 1 : (a.line ?? 0) - (b.line ?? 0);

/**
 * All problems of a definition, or of a folder of them and their routes, by file and line. A definition with one that
 * is
 * no warning may not be deployed.
 */
export function lint(input: Sequence | Folder): Problem[] {
  if ('steps' in input) return lintSequence(input, withoutFolder).sort(byPlace);
  return [
    ...input.problems,
    ...input.sequences.flatMap((sequence) => lintSequence(sequence, input.placeOf)),
    ...lintTags(input),
    ...lintReps(input),
    ...lintTagRules(input),
  ].sort(byPlace);
}
