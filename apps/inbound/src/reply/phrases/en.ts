import { NO_PHRASES, type Phrases } from '../phrases.ts';

/** The list to be removed from, and the words around it. */
const LIST =
  '(?: (?:from|of|to|off|out of)? ?(?:(?:this|these|those|your|the|all|any|my|further|future|more|of|such) ' +
  ')*(?:(?:mailing|e ?mail|mail|contact|distribution|marketing|sales) )?(?:lists?|e ?mails?|mails?|' +
  'mailings?|newsletters?|messages?|database|system|communications?|correspondence|crm|here|it))';

/** English. */
export const en: Phrases = {
  ...NO_PHRASES,
  monthFirst: true,
  automaticSubject: [
    'automatic reply|automatic response|automatic out of office|automated reply|automated response',
    'automated out of office|auto reply|auto-reply|autoreply|auto response|auto-response|autoresponse',
    'vacation reply|vacation response|vacation auto-reply|vacation autoreply|autoresponder|auto-responder',
    'auto responder',
    'automated message|automatic message|automatic notification|automatic acknowledgement|auto-acknowledgement',
    'request received',
  ],
  absenceSubject: [
    'out of office|out-of-office|out of the office|ooo|on vacation|on holiday|on annual leave|on leave',
    "i am out of office|i am out of the office|i'm out of office|i'm out of the office",
    "i am currently out of office|i am currently out of the office|i'm currently out of the office",
    'currently out of the office|away on leave|away from my mail|away from the office|away from my desk',
    'away from office|out of office notice|out of office message|absence notification|absence notice',
    'away message|away notice|vacation message|vacation notice|leave notification|out of office reply',
    "away|absent|i'm on leave|i am on leave|i'm on annual leave|i am on annual leave|i'm on vacation",
    "i am on vacation|i'm on holiday|i am on holiday|i'm away|i am away|on parental leave",
    "on maternity leave|on paternity leave|on sick leave|i'm travelling|i'm traveling|off sick",
    'office closed|our office is closed|closed for the holidays',
  ],
  bounceSubject: [
    'undeliverable|undelivered|undelivered mail returned to sender|mail delivery failed|mail delivery failure',
    'mail delivery system|delivery failure|delivery has failed|delivery notification: delivery has failed',
    'delivery status notification|failure notice|failed delivery|mail system error|message undeliverable',
    'returned mail|returned to sender|non-delivery|nondeliverable|mail could not be delivered',
    'message not delivered|could not be delivered|delivery report',
  ],
  delaySubject: ['delay|delayed|still being retried|could not send message for past'],
  deliveredSubject: [
    'delivered:|relayed:|expanded:|successful mail delivery|delivery status notification (relay)',
    'delivery status notification (success)',
  ],
  receiptSubject: ['read|not read'],
  receiptText: ['your message|this is a receipt|this is a return receipt|the message|return receipt'],
  away: [
    'out of office|out of the office|ooo|away from|currently away|on vacation|on holiday|on holidays|on leave',
    'on annual leave|on parental leave|on maternity leave|on paternity leave|on sick leave|am away|is away',
    'on annual holiday|sporadic access|limited access to email|limited access to my email|currently travelling|' +
      'currently traveling|sick leave|no access to email',
  ],
  awaySubject: [
    'away|vacation|holiday|holidays|ooo|parental leave|maternity leave|paternity leave|sick leave',
    'annual leave|leave of absence',
  ],
  itself: [
    'this is an automated|this is an automatic|this is an auto-generated|this is an autoreply',
    'this is an auto-reply|this is an auto reply|this is an auto response|this is an autoresponse',
    'this is a system generated|this is a system-generated|this message was generated automatically',
    'this message was automatically generated|this email was generated automatically',
    'this email was automatically generated|an automatically generated response',
    'an automatically generated message|an automatically generated reply',
    'an automatically generated e-mail|an automatically generated email',
    'the only notification you will receive while',
  ],
  meanwhile: [
    'for urgent|urgent matters|urgent cases|urgent inquiries|urgent enquiries|urgent issues',
    'urgent requests|urgent queries|if urgent|is urgent please|in an emergency|in case of emergency',
    'anything urgent|need immediate assistance|require immediate assistance|no access to e-mail',
    'no access to email|no access to my email|limited access to email|limited access to my email',
    'limited access to e-mail|not be reading|not be checking|not be monitoring|not monitored',
    'not be monitored|not being monitored|will not be read|not be forwarded|not been forwarded',
    'will not be answered|upon my return|on my return|please direct all',
  ],
  urgent: ['urgent*|emergency|immediate assistance|immediate attention|immediate help'],
  updated: ['has been updated|was updated|added a comment|commented'],
  wants: [
    'quote|quotation|price|prices|pricing|demo|contract|invoice|interested|call me|ring me|phone me|send me',
    "send us|budget|let's|sounds good|works for me|works for us|suits me|suits us|suits|book it|sign",
    'i can decide|her deputy|his deputy|took over|proposal|your points|the documents|likes it|like it',
    'put us down|put me down|pilot|trial|try it|my manager|let us talk|we can talk|we want|we would like',
    "we'd like|happy to",
  ],
  robot: [
    'automatic reply|automated reply|automatic message|automated message|automatic response|automated response',
    'automatically generated|auto generated|do not reply to this|ticket has been created',
    'your request has been received|ticket has been opened|ticket has been received|ticket has been logged',
    'ticket has been assigned|ticket was created|case has been created|case has been opened',
    'your request was received|your request has been logged|support request has been received',
    'this is an automatic|this is an automated|sent automatically|automatically sent|automatically acknowledge',
    'auto-generated|please do not reply|do not respond to this|being reviewed by our support',
    'unmonitored mailbox|mailbox is not monitored|inbox is not monitored|email is not monitored',
    'request for support has been created|just confirming that we got your request',
    "turn off this request's notifications|automatic acknowledgement|automatic acknowledgment",
    'this mailbox does not accept replies|your ticket has been received|this is an automatic reply',
    'automatic reply confirms|thank you for contacting support|your case number|has been opened on your behalf',
    'your request has been submitted|being reviewed by our support|i will be out of the office starting',
    'please rate|rate our|rate your experience|how did we do|tell us how we did|confirmation of receipt',
    'acknowledgement of receipt',
  ],
  receipt: [
    'have received your request|have received your message|have received your email',
    'received your inquiry|received your ticket|received your support request|got your request',
    "got your message|received your enquiry|we've received your|will be answered by a human",
    'personal response|as soon as possible|within 24 hours|within 48 hours',
    'within one business day|within 1 business day|within two business days',
    'to add additional comments|our support team will|a member of our team will',
    'one of our agents will|ticket number|we got your request',
    'representative will be|representative will follow|will follow-up with you|thank you for contacting our|' +
      'thanks for contacting our|we aim to respond|we aim to reply|usually within',
    'we received your|support ticket',
    'typically reply in|typically replies in|someone from our team|someone from our support|created case|' +
      'thanks for writing in|been received and is|thank you for contacting us|thanks for contacting us|' +
      'someone will get back to you within',
    'will be in touch|aim to reply|aim to respond|will contact you|will get back to you|will respond within',
    'reference number is|case number is|reference number:|ticket number is|ticket id',
  ],
  challenge: [
    'verify that you are human|verify you are human|prove that you are human|prove you are human',
    'verify your email address so|verification required|verify yourself|sender verification',
    'sender address verification|held until you|message is being held|waiting for approval',
    'waiting for your verification|complete the verification|confirm that you are a real person',
    'confirm you are a real person|spam arrest|boxbe|added to my allowed|approved sender',
    'confirm you are a person|confirm that you are a person|confirm you are human|confirm that you are human',
    'inbox is protected|mailbox is protected|protected by a spam filter',
    'approved senders list|to have your message delivered|deliver your message',
    'complete this verification|guest list|on hold until|sender is unknown to me',
    'protecting myself from receiving junk|awaits verification|boxbe to guard|be let through|' +
      'verify that you are not a|release your message|click the link to deliver',
  ],
  left: [
    'no longer (?:works?|working|employed) (?:here|at|for|with|by|in)',
    '(?:is|am|are) no longer (?:at|with)(?! (?:my|the|home)\\b)',
    'no longer (?:with|part of|a member of|employed|an employee)',
    '(?:has|have) (?:left (?:the |our |this )?(?:company|organi[sz]ation|firm|business|agency|team)|retired)',
    'left (?:the|our|this) (?:company|organi[sz]ation|firm|business|agency|team)',
    '(?:has|have) moved on(?: from)?',
    '(?:e-?mail address|email|address|mailbox|inbox|account) (?:is|has been) (?:no longer (?:in use|active|' +
      'valid)|deactivated|closed)',
  ],
  back: ['back|return|returns|returning|resume|resuming|again'],
  until: ['until|till|til|through|thru', 'not before|not until'],
  afterDate: ['back|again'],
  between: ['to|till|til|until|through|thru|and'],
  months: [
    'jan|january',
    'feb|february',
    'mar|march',
    'apr|april*',
    'may',
    'jun|june',
    'jul|july',
    'aug|august*',
    'sep|sept|septem*',
    'oct|octo*',
    'nov|novem*',
    'dec|decem*',
  ],
  weekdays: ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'],
  tomorrow: ['tomorrow'],
  stop: [
    '(?:i (?:want|wish|would like|d like) to )?(?:be )?(?:un ?subscribed?|opt out|opt me out)(?: me| ' + `us)?${LIST}?`,
    '(?:i (?:want|wish|would like|d like) to be )?(?:remove|removed|delete me|take me off|take us off)(?: ' +
      `me| us| my (?:e ?mail )?(?:address|name|email|details))?${LIST}?`,
    'i (?:no longer (?:want|wish)|do not (?:want|wish)|don t (?:want|wish))(?: to)? (?:receive|' +
      `get)${LIST}(?: from you)?(?: anymore| any more)?`,
    'stop(?: it)?',
    'stop (?:e ?mailing|mailing|contacting|spamming|messaging|bothering|writing|sending)(?: to)?(?: me| ' +
      `us)?${LIST}?(?: (?:again|anymore|any more))?`,
    `(?:do not|don t|never) (?:e ?mail|mail|contact|write|message|send)(?: to)?(?: me| us)?${LIST}?(?: ` +
      '(?:ever )?again| anymore| any ?more)?',
    'no (?:more|further) (?:e ?mails?|mails?|messages?|mailings?)(?: from you| to me)?',
    '(?:i (?:want|would like|d like) to )?(?:stop|end|cancel) (?:my |the |this )?(?:subscription|emails|messages)',
    'leave me alone',
    'no more',
    '(?:remove|delete) (?:me|my (?:data|details|address|email))(?: completely)?' +
      '(?: and (?:do not|don t) (?:contact|email|write to) me(?: again)?)?',
    '(?:get|take) (?:me|us|my (?:name|e ?mail|address)) off (?:this|your|the) (?:mailing )?list',
    'unsub|cease and desist',
    '(?:please )?(?:un ?su(?:b|bs|sb)?cribed?|unn?subscribe|unsuscribe|unsubcribe)(?: me)?',
    'i am unsubscribing|i unsubscribe|i opt out|opting out',
    '(?:do not|don t) ever (?:contact|email|write|mail)(?: me)?(?: again)?',
    'stop (?:this|that|these|sending (?:me |us )?(?:this|that|these|it|things|stuff))(?: now)?',
    '(?:remove|delete|erase) all (?:of )?my (?:data|details|information)',
    '(?:remove|delete|erase) (?:my|our) (?:e ?mail )?' +
      '(?:address|data|details|e ?mail|name|contact|information)(?: (?:from|off|out of) (?:your|the|this|all) ' +
      '(?:mailing |contact |customer )?(?:database|lists?|systems?|records|crm|files))?',
  ],
  please: [
    'can|could|would|you|please|pls|kindly|just|immediately|now|thanks|thank|thx|hi|hello',
    'regards|best|kind|sincerely|cheers|sam|greetings|ok|okay|hey',
  ],
  dismissal: [
    '(?:we are |we re |i am |i m |im )?not interested(?: anymore| any more| at all)?',
    'no thanks|no thank you',
    'i (?:have )?(?:already |never )?(?:asked|signed up|subscribed).{0,40}',
    'i (?:did not|didn t|never) (?:sign up|subscribe|ask)(?: for| to)? ?(?:this|these|it)?(?: e ?mails?)?',
    'this is (?:spam|my (?:second|third|last|final) request)',
    'thank you very much',
    'have a (?:good|nice) (?:day|one)',
    'spam',
    'this is (?:unwanted|unsolicited)',
    'enough|enough is enough',
    'gdpr|dsgvo|ccpa',
  ],
  greeting: ['hi|hello|hey|dear'],
  quoteTitle: ['original|forwarded'],
  quoteFrom: ['from'],
  quoteDate: ['on'],
  quoteWrote: ['wrote'],
  assent: [
    'yes|yep|yeah|sure|absolutely|of course|sounds good|sounds great|interested|we are interested|' +
      "i am interested|i'm interested|works for me|gladly|definitely|no thank you|no thanks",
  ],
  recallSubject: ['recall|message recall'],
  recallText: ['(?:would like|wants) to recall the message'],
  removal: ['erase|strike|scrub|remov*|delet*|unsubscrib*'],
  refusal: ['stop|don|t|not|never|cease|quit'],
  mailing: ['send|sending|mailing|emailing|e-mailing|write|writing|contact|contacting|messaging|spamming|bothering'],
  ofList: [
    'i|want|would|like|to|be|me|us|my|our|address|email|e|mail|emails|mails|messages|name|from|off|out|of|your',
    'the|list|lists|mailing|database|contacts|details|data|all|any|more|anymore|again|anything|newsletters',
    'newsletter|with|these|such|and|records|information|d|am|been|it|this|that|do',
  ],
  ticket: [
    'your request|your ticket|your case|your message|your enquiry|your inquiry|your email|your e-mail|a ticket',
    'ticket|case|your query|this case|support request|request|enquiry|inquiry',
  ],
  filed: [
    'registered|received|created|opened|logged|recorded|assigned|closed|solved|resolved|submitted|acknowledged',
    'forwarded',
  ],
};
