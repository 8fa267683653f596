import { chatSchema, type Chat } from '@leadstream/contracts/events';
import { z } from 'zod';

/** Where a rep is told: a chat's incoming webhook, whose URL is a secret. */
export interface ChatAddress {
  chat: Chat;
  url: string;
}
/** By the rep's id; `*`: every other one. */
export type RepChats = ReadonlyMap<string, ChatAddress>;

const FORM = 'must be <rep>=slack:<URL> or <rep>=teams:<URL>, a comma list; * is every other rep';

/** A comma list, as `anna=slack:https://…,*=teams:https://…`. A message of it never quotes a URL. */
export const repChats = z.string().transform((text, context): RepChats => {
  const found = new Map<string, ChatAddress>();
  for (const item of text.split(/[,\n]/).map((one) => one.trim())) {
    if (item === '') continue;
    const [, rep = '', chat, url = ''] = /^([a-z0-9_-]+|\*)=([a-z]+):(.+)$/.exec(item) ?? [];
    const name = chatSchema.safeParse(chat).data;
    if (!name || !isUrl(url)) context.addIssue(FORM);
    else if (found.has(rep)) context.addIssue(`has two chats for ${rep}`);
    else found.set(rep, { chat: name, url });
  }
  return found;
});

function isUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}
