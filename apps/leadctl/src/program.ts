import { Command, CommanderError } from 'commander';
import { accountCommands } from './account.ts';
import { backupCommand } from './backup.ts';
import { canaryCommands } from './canary.ts';
import { contractCommands } from './contract.ts';
import { doctorCommand } from './doctor.ts';
import { erasureCommands } from './lead-erase.ts';
import { intakeCommands } from './intake.ts';
import { keyCommands } from './keys.ts';
import { leadCommands } from './lead.ts';
import { mongoCommands } from './mongo-roles.ts';
import { natsCommands } from './nats-permissions.ts';
import { projectionCommands } from './projection.ts';
import { provisionCommand } from './provision.ts';
import { providerCommands } from './providers.ts';
import { quarantineCommands } from './quarantine.ts';
import { exportCommand } from './export/command.ts';
import { sqlCommand } from './export/sql.ts';
import { drillCommand } from './restore-drill.ts';
import { loadCommand } from './restore-load.ts';
import { replayCommand } from './replay.ts';
import { restoreCommands } from './restore.ts';
import { sendCommands } from './sends.ts';
import { sequenceCommands } from './sequences.ts';
import { fail } from './session.ts';
import { at, Exit, type Terminal } from './terminal.ts';
import { statusCommand } from './status.ts';
import { verifyCommand } from './verify.ts';
import { versionCommand } from './version.ts';
import { crmCommands } from './crm.ts';
import { webhookCommands } from './webhooks.ts';
import { whatIfCommand } from './what-if.ts';

/**
 * Runs one command of an operator, given without `node` and the script, and resolves to its exit code. Never ends the
 * process, so that tests run commands in their own.
 */
export const leadctl = (argv: readonly string[], terminal: Terminal): Promise<number> =>
  at(terminal, () =>
    program(terminal)
      .parseAsync(argv, { from: 'user' })
      .catch((error: unknown) => {
        if (error instanceof Exit) throw error;
        // Commander has already printed the error or the requested help.
        if (error instanceof CommanderError) throw new Exit(error.exitCode);
        fail(error);
      }),
  );

export function program({ out, err }: Terminal): Command {
  // Set before the commands are added: each copies these two settings from its parent.
  const program = new Command('leadctl').exitOverride().configureOutput({ writeOut: out, writeErr: err });
  program
    .description(
      'Leadstream’s command line for operators and analysts.\nIt finds its servers by the services’ own ' +
        'variables (NATS_URL, MONGODB_URI, LEAD_ID_SECRET), or by what a running `npm start` left in ' +
        '.leadstream/env.',
    )
    .showHelpAfterError()
    // A command's options come after it: `leads` and its verbs have options of the same names.
    .enablePositionalOptions()
    .configureHelp({ sortSubcommands: true });
  erasureCommands(leadCommands(program));
  sequenceCommands(program);
  quarantineCommands(program);
  intakeCommands(program);
  contractCommands(program);
  projectionCommands(program);
  sendCommands(program);
  accountCommands(program);
  providerCommands(program);
  webhookCommands(program);
  crmCommands(program);
  statusCommand(program);
  doctorCommand(program);
  canaryCommands(program);
  verifyCommand(program);
  versionCommand(program);
  keyCommands(program);
  exportCommand(program);
  sqlCommand(program);
  replayCommand(program);
  whatIfCommand(program);
  provisionCommand(program);
  natsCommands(program);
  mongoCommands(program);
  backupCommand(program);
  const restore = restoreCommands(program);
  loadCommand(restore);
  drillCommand(restore);
  return program;
}
