import type { Mutant } from './mutant.ts';

const REPLY = 'apps/inbound/src/reply/';
const SPECS = ['apps/inbound/src/reply', 'apps/inbound/src/interpret', 'apps/inbound/src/matching'];

const of =
  (file: string) =>
  (name: string, takeOut: string, putIn = ''): Mutant => ({
    name: `reply: ${name}`,
    file,
    takeOut,
    putIn,
    specs: SPECS,
  });
const CLASS = of(`${REPLY}class.ts`);
const AUTOMATIC = of(`${REPLY}automatic.ts`);
const ABSENCE = of(`${REPLY}absence.ts`);
const STOP = of(`${REPLY}stop.ts`);
const WORDS = of(`${REPLY}stop-words.ts`);
const SUBJECTS = of(`${REPLY}subjects.ts`);
const REPORT = of(`${REPLY}report.ts`);
const FACTS = of(`${REPLY}facts.ts`);
const RETURN = of(`${REPLY}return-date.ts`);
const DATES = of(`${REPLY}dates.ts`);
const INTERPRET = of('apps/inbound/src/interpret.ts');
const MATCHING = of('apps/inbound/src/matching.ts');

/** Each rule by which a mail is understood, removed; the specs of inbound have to notice. */
export const replyMutants: readonly Mutant[] = [
  CLASS('a report is an answer', 'if (known) return known;'),
  CLASS(
    'a subject that asks for no more mail says nothing',
    'asksToStop(facts.mail.subject) && isShort(facts.own)',
    'false',
  ),
  CLASS('a long text below such a subject counts for nothing', '&& isShort(facts.own)'),
  CLASS('no answer is a program’s', 'if (machine) return machine;'),
  CLASS(
    'words that ask for no more mail say nothing',
    "if (request !== undefined) return { class: 'unsubscribe', evidence: shown('says', request) };",
  ),
  CLASS('a newsletter is a person’s', 'return bulk(facts) ??', 'return'),
  CLASS(
    'an answer through a list is a newsletter',
    'isAnswer(facts) || isAnsweredSubject(mail.subject)',
    'isAnsweredSubject(mail.subject)',
  ),
  CLASS('a list’s headers outweigh Auto-Submitted: no', "|| submittedBy(mail) === 'person'", ''),
  CLASS('an answered subject through a list is a newsletter', '|| isAnsweredSubject(mail.subject) '),
  CLASS('a yes through a list is a newsletter', '|| agrees(own) '),
  CLASS('nobody has left', 'left !== undefined && (until === undefined || !speaksOfReturn(words))', 'false'),
  CLASS('who comes back has left', '(until === undefined || !speaksOfReturn(words))', 'true'),
  CLASS('no day of return', "if (until !== undefined) return { class: 'out-of-office', evidence, until };"),
  CLASS('an absence’s words say nothing', 'isAway(facts.mail.subject, facts.own) ||'),
  CLASS('an absence’s subject says nothing', 'isAbsenceSubject(facts.mail.subject) ||'),
  AUTOMATIC('Auto-Submitted: no is no evidence', "if (submittedBy(mail) === 'person') return undefined;"),
  AUTOMATIC('Auto-Submitted: no is automatic', "if (tokens.includes('no')) return 'person';"),
  AUTOMATIC(
    'auto-replied proves nothing',
    "if (submittedBy(mail) === 'machine') return shown",
    'if (false as boolean) return shown',
  ),
  AUTOMATIC('auto-generated alone is a program’s', "? 'machine' : 'unclear';", "? 'machine' : 'machine';"),
  AUTOMATIC('no X-Autoresponse', 'AUTOMATIC_NAME.test(name) && anything.test(withoutComments(text))', 'false'),
  AUTOMATIC('X-Autoresponse: no is automatic', '&& anything.test(withoutComments(text))'),
  AUTOMATIC('no header of a program by its value', 'if (found !== undefined) return shown(name, found);'),
  AUTOMATIC('a comment is a value', 'else if (depth === 0) kept += char;', 'else kept += char;'),
  AUTOMATIC('no subject is automatic', "if (isAutomaticSubject(mail.subject)) return 'subject of an automatic reply';"),
  AUTOMATIC(
    'a challenge is a person’s',
    "if (isChallenge(mail.subject, facts.own)) return 'asks the sender for a proof';",
  ),
  AUTOMATIC(
    'a null sender is a person',
    "return mail.isNullSender && !isForwarded(mail) ? 'null envelope sender' : doubtful(facts);",
    'return doubtful(facts);',
  ),
  AUTOMATIC(
    'a rule’s forward without a sender is a program’s',
    'mail.isNullSender && !isForwarded(mail)',
    'mail.isNullSender',
  ),
  AUTOMATIC('what an agent wrote is a receipt', ' && !isUpdate(own)'),
  REPORT('a person who begins as a read receipt is one', ' && !isPersons'),
  AUTOMATIC('doubt is a program’s word', 'if (isPersonal(own)) return undefined;'),
  AUTOMATIC('a phone’s line says nothing', ' || isFromPhone(own);', ';'),
  AUTOMATIC('a yes says nothing', 'asks(own) || agrees(own) || ', 'asks(own) || '),
  AUTOMATIC(
    'a program’s subject says nothing',
    'isAnsweredSubject(mail.subject) ? own : `${mail.subject}.\\n${own}`',
    'own',
  ),
  AUTOMATIC('an answered subject is the person’s own', 'isAnsweredSubject(mail.subject) ? own : ', ''),
  STOP(
    'a signature in the line is more than a request',
    "if (isSigned(sentences.at(-1) ?? '', sentences.at(-2))) sentences.pop();",
  ),
  AUTOMATIC('a forwarded mail is a program’s', "'unclear' && !isForwarded(mail)", "'unclear'"),
  AUTOMATIC(
    'an absence beside auto-generated says nothing',
    '|| ((explainsAbsence(own) || isBareAbsence(own)) && !wants(own))',
  ),
  AUTOMATIC(
    'any absence beside auto-generated is a program’s',
    '(explainsAbsence(own) || isBareAbsence(own))',
    "isAway('', own)",
  ),
  AUTOMATIC('an absence and nothing else is a person’s', ' || isBareAbsence(own)'),
  AUTOMATIC(
    'who wants something on a vacation is a program',
    'isBareAbsence(own)) && !wants(own)',
    'isBareAbsence(own))',
  ),
  AUTOMATIC(
    'words of a program say nothing beside auto-generated',
    'isProgram || ((explainsAbsence',
    '((explainsAbsence',
  ),
  AUTOMATIC('three statements of a program say nothing', 'return robot > 0 && all > 2;', 'return false;'),
  AUTOMATIC('an absence as the subject says nothing', 'if (absent !== undefined) return absent;'),
  AUTOMATIC(
    'who asks or agrees below an absence is a program',
    'kind === undefined || isPersonal(own)',
    'kind === undefined',
  ),
  AUTOMATIC(
    'who wants something below an absence is a program',
    "wants(own) ? isAway('', own) && saysNobodyReads(own) : ",
  ),
  AUTOMATIC(
    'a vacation as the subject needs no absence in the text',
    "kind === 'absence' || explainsAbsence(own)",
    "kind === 'absence' || kind === 'vacation'",
  ),
  AUTOMATIC(
    'a program that says of itself what it is needs all three statements',
    "if (saysItself(own)) return all > 1 || isAway('', own) || isUnread(own) || hasLeft(own) !== undefined;",
  ),
  AUTOMATIC(
    'a program’s sentence alone is enough',
    "return all > 1 || isAway('', own) || isUnread(own) || hasLeft(own) !== undefined;",
    'return true;',
  ),
  AUTOMATIC('a help desk that says it twice is a person', 'if (isTwice && !wants(own)) return true;'),
  AUTOMATIC(
    'a mailbox that nobody reads any more is a person’s',
    'if (isUnanswered && hasLeft(own) !== undefined && isUnread(own) && !wants(own)) return true;',
  ),
  ABSENCE('"Urgent?" is a question', '!URGENT.test(read(question))', 'true'),
  SUBJECTS('no mark behind a subject', 'isTagged || isEnded ||', 'isTagged ||'),
  SUBJECTS('no automatic reply from somebody', '|| (isAutomaticFrom.test(rest) && endsWithName.test(subject))'),
  SUBJECTS(
    'nobody is out of the office in a subject',
    'isVacationAlone.test(rest) || isOfSomebody',
    'isVacationAlone.test(rest)',
  ),
  DATES('no year before a day', '  `${year} ${day}[ -]?${month}`,\n'),
  AUTOMATIC('two statements of a program are enough', 'robot > 0 && all > 2', 'robot > 0 && all > 1'),
  AUTOMATIC(
    'Precedence: bulk alone is a program’s',
    'isProgram || (isAnswer(facts) && isAway(mail.subject, own))',
    'true',
  ),
  AUTOMATIC(
    'Precedence: bulk says nothing',
    'if (!/^(?:bulk|junk)\\b/i.test(precedence)) return undefined;',
    'return undefined;',
  ),
  ABSENCE('a challenge without a link', '/https?:\\/\\//i.test(text) &&'),
  ABSENCE('one place is two statements', '.filter((one) => !robots.some((other) => overlap(one, other)))'),
  ABSENCE('no company’s name after "has left"', '?? LEFT_SOMEWHERE.exec(text.slice(0, TEXT_LENGTH))'),
  STOP(
    'a request in a longer sentence counts',
    'sentences.every((sentence) => isIdle(sentence) || asksToStop(sentence)) ? asked : undefined',
    'asked',
  ),
  STOP(
    'a text after the request counts for nothing',
    'request !== undefined && isRestIdle(lines.slice(1))',
    'request !== undefined',
  ),
  STOP('a greeting is a text', 'isGreeting(first) && !asksToStop(first) ? all.slice(1) : all', 'all'),
  STOP(
    'a wrapped request is missed',
    'return wrapped !== undefined && isRestIdle(lines.slice(2)) ? wrapped : undefined;',
    'return undefined;',
  ),
  STOP('thanks beside a request are a text', "without(words) === '' ||"),
  STOP(
    '"not interested" beside a request is a text',
    "[words.join(' '), between(words), without(words)].some((text) => dismissal.test(text)) ||",
  ),
  STOP('a device’s line is a text', 'isOfDevice(line) ||'),
  STOP('words in another order are no request', ' || (!SEVERAL.test(sentence) && isRequestOf(words))'),
  STOP('"No, contact me" is a request', '!SEVERAL.test(sentence) && '),
  WORDS('"do not remove me" is a request', "&& !has('refusal') "),
  WORDS('one other word in a request does not count', 'if (!words.every', 'if (!words.some'),
  SUBJECTS('a mark in brackets is noise', 'tags.some((tag) => isAutomaticTag.test(tag)) ||'),
  SUBJECTS('a mark of a gateway hides the subject', 'rest = rest.slice(tag[0].length);', 'break;'),
  SUBJECTS(
    'the beginning of a subject is enough',
    'const isAutomatic = new RegExp(`^${MARKS}${NEXT}`',
    'const isAutomatic = new RegExp(`^${MARKS}`',
  ),
  SUBJECTS(
    '"Auto:" before an absence says nothing',
    '(isAutomatic.test(rest) && !isAbsenceAlone.test(rest)) || AUTO.test(rest);',
    '(isAutomatic.test(rest) && !isAbsenceAlone.test(rest));',
  ),
  REPORT('no standard reports', 'standard(facts) ?? fromServer(facts)', 'fromServer(facts)'),
  REPORT('no bounces in prose', 'standard(facts) ?? fromServer(facts)', 'standard(facts)'),
  REPORT('a delayed mail has bounced', 'if (action) return', 'if (false as boolean) return'),
  REPORT(
    'of several recipients none has failed',
    "if (actions.includes('failed')) return { notAReply: 'bounce', evidence };",
  ),
  REPORT(
    'a bounce’s words in a person’s subject are a bounce',
    "if (submittedBy(facts.mail) === 'person') return undefined;",
  ),
  REPORT(
    'a subject alone is a bounce',
    'isMachine && isBounceSubject(facts.mail.subject)',
    'isBounceSubject(facts.mail.subject)',
  ),
  REPORT('a recall is an answer', 'isRecall(facts.mail.subject, facts.own)', 'false'),
  SUBJECTS('a recall’s first word is a recall', ' &&\n  ofARecall.test(', ' ||\n  ofARecall.test('),
  AUTOMATIC('a receipt in subject and text is a person’s', '(all > 1 || isFiledTwice)', '(all > 1)'),
  ABSENCE('a registered ticket is no statement', ' + Math.min(count(filed), 1)'),
  REPORT('a read receipt is an answer', 'isReadReceipt(facts.mail.subject, facts.text)', 'false'),
  FACTS('quoted words are the person’s', ".filter((line) => !line.startsWith('>'))"),
  FACTS('words below the quote’s title are the person’s', '.slice(0, end < 0 ? undefined : end)'),
  RETURN('the day of return is not waited out', '.add({ days: 1 })\n    .toZonedDateTime', '.toZonedDateTime'),
  RETURN('an absence without an end', 'Temporal.PlainDate.compare(last, cap) > 0 ? cap : last', 'last'),
  RETURN(
    'the first day counts, not the last',
    '.sort((a, b) => Temporal.PlainDate.compare(a, b)).at(-1)',
    '.sort((a, b) => Temporal.PlainDate.compare(a, b)).at(0)',
  ),
  RETURN('days long past count', '.filter(isWithin(DAYS_MEANT_MAX, today))'),
  RETURN('the time of day is a date', ".replace(TIME_OF_DAY, ' ')"),
  DATES('the past month is this year’s', '? inYear(today.year + 1) : thisYear', '? thisYear : thisYear'),
  DATES(
    'a month first is a day first',
    'return isDayFirst || a === b ? [dayFirst] : [dayFirst, monthFirst];',
    'return [dayFirst];',
  ),
  INTERPRET(
    'our own mail is an answer',
    "if (isOurs(mail, config.FROM_EMAIL, config.TOKEN_SECRET)) return { kind: 'own-mail' };",
  ),
  INTERPRET('a newsletter to a lead’s own address is none', "if (what === 'bulk')", 'if (false as boolean)'),
  INTERPRET(
    'a complaint to a lead’s own address has no effect',
    "if (what === 'complaint') return",
    'if (false as boolean) return',
  ),
  INTERPRET(
    'a reply names the claim of another lead',
    "'leadIds' in about && about.leadIds.length === 1 && about.leadIds[0] === sent?.leadId",
    "'leadIds' in about",
  ),
  INTERPRET('each writer is proven', "'addresses' in about ? { ...about, proven } : about", 'about'),
  INTERPRET('a bounce has no failures', "what === 'bounce' ? factsOfReport(mail, config, { provider, at }) : []", '[]'),
  MATCHING(
    'a token in the address says nothing',
    "if (addressed.size > 0) return { leadIds: [...addressed], matchedBy: 'token' };",
  ),
  MATCHING('the answered mail says nothing', "if (sent) return { leadIds: [sent.leadId], matchedBy: 'references' };"),
  MATCHING('no other spelling of an address', 'address ? aliases(address) : []', 'address ? [address] : []'),
];
