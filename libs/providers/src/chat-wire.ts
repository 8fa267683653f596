import type { HttpResponse } from './http.ts';
import type { Outcome } from './port.ts';

/** One chat's incoming webhook. */
export interface ChatWire {
  body: (text: string) => object;
  accepts: (response: HttpResponse) => boolean;
  refuses: (response: HttpResponse, retryAfterMs: number | undefined) => Outcome;
}
