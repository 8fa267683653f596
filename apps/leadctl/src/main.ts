import { Command } from 'commander';
import { accountCommands } from './account.ts';
import { backupCommand } from './backup.ts';
import { erasureCommands } from './lead-erase.ts';
import { keyCommands } from './keys.ts';
import { leadCommands } from './lead.ts';
import { projectionCommands } from './projection.ts';
import { quarantineCommands } from './quarantine.ts';
import { drillCommand } from './restore-drill.ts';
import { loadCommand } from './restore-load.ts';
import { restoreCommands } from './restore.ts';
import { sendCommands } from './sends.ts';
import { sequenceCommands } from './sequences.ts';
import { fail } from './session.ts';
import { verifyCommand } from './verify.ts';

const program = new Command('leadctl')
  .description(
    'Leadstream’s command line for operators and analysts.\nIt finds its servers by the services’ own variables (NATS_URL, MONGODB_URI, LEAD_ID_SECRET), or by what a running `npm start` left in .leadstream/env.',
  )
  .showHelpAfterError()
  .configureHelp({ sortSubcommands: true });
erasureCommands(leadCommands(program));
sequenceCommands(program);
quarantineCommands(program);
projectionCommands(program);
sendCommands(program);
accountCommands(program);
verifyCommand(program);
keyCommands(program);
backupCommand(program);
const restore = restoreCommands(program);
loadCommand(restore);
drillCommand(restore);
await program.parseAsync().catch(fail);
