import { Controller } from '@nestjs/common';
import type { NeedsYou } from './needs-you-schemas.ts';
import { Inbox } from './needs-you.ts';
import { read } from './read.ts';
import { Route } from './route.ts';

/** The items that wait for an operator. */
@Controller()
export class NeedsYouController {
  constructor(private readonly inbox: Inbox) {}

  @Route('GET /v1/needs-you')
  needsYou(): Promise<NeedsYou> {
    return read(() => this.inbox.read());
  }
}
