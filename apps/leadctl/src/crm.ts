import { hubspotCall } from '@leadstream/providers/hubspot/access';
import { createProperty, missingProperties, type PropertyName } from '@leadstream/providers/hubspot/properties';
import { loadConfig } from '@leadstream/service/config';
import { hubspot } from '@leadstream/service/crm/config';
import { ToldLeads } from '@leadstream/service/crm/told';
import { TOLD, type ToldOutcome } from '@leadstream/service/crm/words';
import { Option, type Command } from 'commander';
import { z } from 'zod';
import { ending } from './help.ts';
import { print, settings, withBroker } from './session.ts';

const CALL_MS = 10_000;
const SHOWN_MAX = 20;

interface Json {
  json?: boolean;
}

interface Summary {
  told: Record<ToldOutcome, number>;
  /** Leads of which a call may be under way, or was cut off. */
  underWay: number;
  refused: Named[];
  /** Leads that the log does not tell: HubSpot is not told of them. */
  unreadable: Named[];
}

interface Named {
  leadId: string;
  why: string;
  at: string;
}

const json = (): Option => new Option('--json', 'as JSON');

export function crmCommands(program: Command): void {
  const crm = program.command('crm').description('the state of leads at HubSpot (docs/providers/hubspot.md)');
  crm
    .command('setup')
    .description(
      'creates the properties of a contact that Leadstream writes; HUBSPOT_TOKEN needs crm.schemas.contacts.write',
    )
    .addOption(json())
    .addHelpText('after', ending('leadctl crm setup', { 0: 'all are there', 1: 'HubSpot refuses, or an error' }))
    .action(setUp);
  crm
    .command('status')
    .description('what HubSpot was told, the leads whose contacts it refused, and those that the log does not tell')
    .addOption(json())
    .addHelpText('after', ending('leadctl crm status --json', { 0: 'shown', 1: 'an error' }))
    .action(async ({ json: asJson }: Json) => {
      const summary = await withBroker(async (broker, replicas) => summaryOf(new ToldLeads(broker, replicas)));
      print(asJson ? summary : shown(summary));
    });
}

async function setUp({ json: asJson }: Json): Promise<void> {
  const { HUBSPOT_TOKEN, HUBSPOT_BASE_URL } = loadConfig(z.object(hubspot), settings());
  if (HUBSPOT_TOKEN === undefined) throw new Error('HUBSPOT_TOKEN is not set: it is a private app’s access token');
  const call = hubspotCall({ HUBSPOT_TOKEN, HUBSPOT_BASE_URL }, CALL_MS);
  const created: PropertyName[] = [];
  for (const name of await missingProperties(call)) if (await createProperty(call, name)) created.push(name);
  if (asJson) print({ created });
  else print(created.length > 0 ? `created ${created.join(', ')}` : 'all properties are there');
}

async function summaryOf(leads: ToldLeads): Promise<Summary> {
  const told = Object.fromEntries(TOLD.map((outcome) => [outcome, 0])) as Summary['told'];
  const summary: Summary = { told, underWay: 0, refused: [], unreadable: [] };
  for await (const [leadId, one] of leads.all())
    if (!one || 'by' in one) summary.underWay++;
    else {
      const { outcome, why = '', at } = one;
      told[outcome]++;
      if (outcome === 'refused' || outcome === 'unreadable') summary[outcome].push({ leadId, why, at });
    }
  return summary;
}

function shown({ told, underWay, refused, unreadable }: Summary): string {
  const counts = TOLD.map((outcome) => `${outcome} ${told[outcome]}`).join(' · ');
  const named = [...linesOf('refused', refused), ...linesOf('unreadable', unreadable)];
  return [`leads  ${counts} · under way ${underWay}`, ...named].join('\n');
}

function linesOf(outcome: ToldOutcome, leads: readonly Named[]): string[] {
  const lines = leads.slice(0, SHOWN_MAX).map(({ leadId, why, at }) => `  ${outcome} ${leadId}  ${why}  ${at}`);
  return leads.length > SHOWN_MAX ? [...lines, `  and ${leads.length - SHOWN_MAX} more`] : lines;
}
