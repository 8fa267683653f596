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
  ],
  absenceSubject: [
    'out of office|out-of-office|out of the office|ooo|on vacation|on holiday|on annual leave|on leave',
    "i am out of office|i am out of the office|i'm out of office|i'm out of the office|i am currently out of office",
    "i am currently out of the office|i'm currently out of the office|currently out of the office|away on leave",
    'away from my mail|away from the office|away from my desk|away from office|out of office notice',
    'out of office message',
    'absence notification|absence notice|away message|away notice|vacation message|vacation notice|leave notification',
    'out of office reply|leave of absence|away|absent',
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
  ],
  awaySubject: ['away|vacation|holiday|holidays|ooo'],
  robot: [
    'automatic reply|automated reply|automatic message|automated message|automatic response',
    'automated response|automatically generated|auto generated|do not reply to this',
    'ticket has been created|your request has been received|ticket has been opened',
    'ticket has been received|ticket has been logged|ticket has been assigned',
    'ticket was created|support ticket|case has been created|case has been opened',
    'request has been received|request was received|request has been logged',
    'this is an automatic|this is an automated|sent automatically|automatically sent',
    'automatically acknowledge|auto-generated|please do not reply|do not respond to this',
    'being reviewed by our support|unmonitored mailbox|mailbox is not monitored',
    'inbox is not monitored|email is not monitored',
  ],
  receipt: [
    'have received your request|have received your message|have received your email',
    'received your inquiry|received your ticket|received your support request|got your request',
    "got your message|received your enquiry|we've received your|will be answered by a human",
    'personal response|as soon as possible|within 24 hours|within 48 hours',
    'within one business day|within 1 business day|within two business days',
    'to add additional comments|our support team will|a member of our team will',
    'one of our agents will|ticket number|we got your request',
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
  until: ['until|till|til|through|thru'],
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
  ],
  greeting: ['hi|hello|hey|dear'],
  quoteTitle: ['original|forwarded'],
  quoteFrom: ['from'],
  quoteDate: ['on'],
  quoteWrote: ['wrote'],
};
