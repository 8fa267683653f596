import type { Command } from 'commander';
import { asked, give, type Asked } from './give.ts';

/** An operator's pause of one lead, and the end of a pause, an absence, or a hold by unproven answers. */
export function holdCommands(lead: Command, idOf: (whom: string) => string): void {
  const verb = (kind: 'pause' | 'resume', does: string) =>
    asked(lead.command(`${kind} <email|id>`).description(does)).action((whom: string, options: Asked) =>
      give(idOf(whom), { kind, by: options.by, ...(options.reason ? { reason: options.reason } : {}) }, options),
    );
  verb('pause', 'nothing goes to it until it is resumed; the rep is told as before');
  verb('resume', 'goes on where it was, whether an operator, an absence or unproven answers held it');
}
