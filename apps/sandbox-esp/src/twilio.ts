import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Esp } from './esp.ts';
import { accepts } from './faults.ts';
import { CALLBACK, NUMBER } from './twilio-webhook.ts';

/** `POST /2010-04-01/Accounts/<sid>/Messages.json`, as Twilio documents it. */
const messageSchema = z.looseObject({
  To: z.string().default(''),
  From: z.string().optional(),
  MessagingServiceSid: z.string().optional(),
  Body: z.string().default(''),
  StatusCallback: z.url().optional(),
  ValidityPeriod: z.coerce.number().int().min(1).max(36_000).optional(),
});

/** Twilio's codes and words (https://www.twilio.com/docs/api/errors). */
const ERRORS = {
  20003: [401, 'Authenticate'],
  21211: [400, "Invalid 'To' Phone Number"],
  21602: [400, 'Message body is required'],
  21603: [400, "A 'From' phone number is required"],
  21610: [400, 'Attempt to send to unsubscribed recipient'],
  21614: [400, "'To' number is not a valid mobile number"],
  21617: [400, 'The concatenated message body exceeds the 1600 character limit'],
} as const satisfies Record<number, readonly [number, string]>;
const OF_STATUS: Readonly<Record<number, readonly [number, string]>> = {
  401: [20003, 'Authenticate'],
  403: [20403, '403 Forbidden'],
  404: [20404, 'The requested resource was not found'],
  429: [20429, 'Too Many Requests'],
  500: [20500, 'An internal server error has occurred'],
  503: [20503, 'Service unavailable'],
};
/** Numbers that Twilio's own test credentials refuse. */
const REFUSED: Readonly<Record<string, keyof typeof ERRORS>> = { '+15005550001': 21211, '+15005550009': 21614 };

const refuse = (reply: FastifyReply, status: number, code: number, message: string): FastifyReply =>
  reply.code(status).send({ code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });

function faultOf(esp: Esp, { To, From, MessagingServiceSid, Body }: z.infer<typeof messageSchema>) {
  if (!/^\+[1-9]\d{6,14}$/.test(To)) return 21211;
  if (Body === '') return 21602;
  if (Body.length > 1_600) return 21617;
  if (From === undefined && MessagingServiceSid === undefined) return 21603;
  return esp.isInactive(To) ? 21610 : REFUSED[To];
}

const isAdmitted = (esp: Esp, { headers }: FastifyRequest): boolean => {
  const login = Buffer.from(/^Basic (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '', 'base64').toString();
  return esp.admits(`Bearer ${login.split(':')[1] ?? ''}`);
};

async function send(esp: Esp, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (!isAdmitted(esp, request)) return refuse(reply, 401, 20003, 'Authenticate');
  const { data: message, error } = messageSchema.safeParse(request.body);
  if (!message) return refuse(reply, 400, 20001, error.issues[0]?.message ?? 'Bad request');
  const code = faultOf(esp, message);
  if (code !== undefined) return refuse(reply, ERRORS[code][0], code, ERRORS[code][1]);
  const fault = esp.faults.take(undefined, message.To);
  const { StatusCallback: callback, ValidityPeriod: validity } = message;
  const id =
    !fault || accepts(fault)
      ? esp.accept(
          {
            personalizations: [{ to: [{ email: message.To }], cc: [], bcc: [], headers: {}, custom_args: {} }],
            from: { email: message.From ?? NUMBER },
            subject: '',
            content: [{ type: 'text/plain', value: message.Body }],
            headers: {
              ...(callback === undefined ? {} : { [CALLBACK]: callback }),
              ...(validity === undefined ? {} : { ValidityPeriod: String(validity) }),
            },
            custom_args: Object.fromEntries(new URL(callback ?? 'http://unset.invalid').searchParams),
            categories: [],
          },
          'twilio',
          fault?.silent,
        )
      : undefined;
  if (fault?.latencyMs) await esp.pause(fault.latencyMs);
  if (fault?.drop) {
    reply.hijack();
    request.raw.socket.resetAndDestroy();
    return reply;
  }
  if (fault?.status && fault.status > 299) {
    const [own, words] = OF_STATUS[fault.status] ?? [20001, 'Bad request'];
    if (fault.retryAfter !== undefined) void reply.header('retry-after', String(fault.retryAfter));
    return fault.body === undefined
      ? refuse(reply, fault.status, own, words)
      : reply.code(fault.status).send(fault.body);
  }
  return reply.code(201).send({ sid: id, status: 'queued', to: message.To, num_segments: '1', error_code: null });
}

const NUMBER_SID = `PN${'0'.repeat(31)}1`;
const SERVICE_SID = `MG${'0'.repeat(31)}1`;

const notFound = (reply: FastifyReply) => refuse(reply, 404, 20404, 'The requested resource was not found');
const admitted =
  (esp: Esp, work: (request: FastifyRequest, reply: FastifyReply) => unknown) =>
  (request: FastifyRequest, reply: FastifyReply) =>
    isAdmitted(esp, request) ? work(request, reply) : refuse(reply, 401, 20003, 'Authenticate');

/** The account's one number: read, and set as by the console or the API. */
function numberRoutes(server: FastifyInstance, esp: Esp): void {
  const number = {
    sid: NUMBER_SID,
    phone_number: NUMBER,
    capabilities: { voice: false, sms: true, mms: false },
    sms_url: '',
    sms_method: 'POST',
    sms_application_sid: '',
    status: 'in-use',
  };
  const path = '/2010-04-01/Accounts/:sid/IncomingPhoneNumbers';
  server.get(
    `${path}.json`,
    admitted(esp, ({ query }) => {
      const { PhoneNumber: asked = '' } = numberQuery.parse(query);
      return { incoming_phone_numbers: NUMBER.includes(asked) ? [number] : [] };
    }),
  );
  server.post(
    `${path}/:id`,
    admitted(esp, ({ params, body }, reply) => {
      if (idIn(params) !== `${NUMBER_SID}.json`) return notFound(reply);
      const { SmsUrl = number.sms_url, SmsMethod = number.sms_method } = numberChange.parse(body);
      return Object.assign(number, { sms_url: SmsUrl, sms_method: SmsMethod });
    }),
  );
}

/** Its messaging service, which sends by that number. */
function serviceRoutes(server: FastifyInstance, esp: Esp): void {
  const service = {
    sid: SERVICE_SID,
    inbound_request_url: null as string | null,
    inbound_method: 'POST',
    use_inbound_webhook_on_number: false,
  };
  const ofService = (work: (request: FastifyRequest) => unknown) =>
    admitted(esp, (request, reply) => (idIn(request.params) === SERVICE_SID ? work(request) : notFound(reply)));
  const path = '/v1/Services/:id';
  const get = () => service;
  server.get(path, ofService(get));
  server.post(
    path,
    ofService(({ body }) => {
      const { InboundRequestUrl: url, UseInboundWebhookOnNumber: isNumbers } = serviceChange.parse(body);
      service.inbound_request_url = url ?? service.inbound_request_url;
      if (isNumbers !== undefined) service.use_inbound_webhook_on_number = isNumbers === 'true';
      return service;
    }),
  );
  const numbers = [{ sid: NUMBER_SID, phone_number: NUMBER, capabilities: ['SMS'] }];
  server.get(
    `${path}/PhoneNumbers`,
    ofService(() => ({ phone_numbers: numbers })),
  );
}

const idIn = (params: unknown): string => z.object({ id: z.string() }).parse(params).id;
const numberQuery = z.object({ PhoneNumber: z.string().optional() });
const numberChange = z.object({ SmsUrl: z.string().optional(), SmsMethod: z.enum(['GET', 'POST']).optional() });
const serviceChange = z.object({
  InboundRequestUrl: z.string().optional(),
  UseInboundWebhookOnNumber: z.enum(['true', 'false']).optional(),
});

export function twilioRoutes(server: FastifyInstance, esp: Esp): void {
  server.post('/2010-04-01/Accounts/:sid/Messages.json', (request, reply) => send(esp, request, reply));
  numberRoutes(server, esp);
  serviceRoutes(server, esp);
}
