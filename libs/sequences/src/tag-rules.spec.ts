import { describe, expect, it } from '@jest/globals';
import { tagged, triaged } from '@leadstream/testing/builders';
import { given, type Past } from '@leadstream/testing/given';
import { parseFolder } from './folder.ts';
import { lint } from './lint.ts';
import { problemLine } from './read-yaml.ts';
import { decideTags, tagRulesSchema, type TagRule } from './tag-rules.ts';

const berlin = { id: 'Europe/Berlin', source: 'ip', confidence: 'high', evidence: '' } as const;
const dossier = {
  source: 'content_download_kubernetes',
  medium: 'Paid_Search',
  pageURL: 'https://acme.example/pricing/teams',
  utm: { utm_term: 'cost' },
  fields: { companySize: 500, interests: ['CRM', 'Mail'], empty: '' },
};
const lead = (over: object = {}): Past => triaged({ dossier, zone: berlin, ...over });
const rule = (when: TagRule['when'], add = ['vip'], id = 'big'): TagRule => ({ id, when, add });
const tagsOf = (when: TagRule['when'], ...past: Past[]): string[] => {
  const decision = decideTags(given(...(past.length > 0 ? past : [lead()])).state, [rule(when)]);
  return 'nothing' in decision || decision.type !== 'lead.tagged' ? [] : decision.data.add;
};

describe('a rule tags a lead', () => {
  it.each<[TagRule['when'], boolean]>([
    [{ source: 'content_download_*' }, true],
    [{ source: ['webinar*', 'CONTENT_DOWNLOAD_KUBERNETES'] }, true],
    [{ source: 'content_download' }, false],
    [{ medium: 'paid_search' }, true],
    [{ campaign: '*' }, false],
    [{ page: 'https://acme.example/pricing*' }, true],
    [{ utm: { utm_term: 'co*' } }, true],
    [{ utm: { utm_source: '*' } }, false],
    [{ fields: { companySize: [500, 1000] } }, true],
    [{ fields: { interests: 'mail' } }, true],
    [{ fields: { empty: '*' } }, false],
    [{ fields: { companySize: 500, interests: 'ERP' } }, false],
    [{ country: ['AT', 'DE'] }, true],
    [{ country: 'US' }, false],
    [{ source: 'content*', country: 'US' }, false],
  ])('when all that it names holds: %j', (when, holds) => {
    expect(tagsOf(when)).toEqual(holds ? ['vip'] : []);
  });

  it('by what an enricher found, and never by what a form says of it', () => {
    const found = (facts: Record<string, string>): Past => ({
      type: 'lead.enriched',
      data: { enricher: 'domain', outcome: 'enriched', attempt: 1, facts },
    });
    const when = { enrichment: { domain: { companyDomain: ['acme.*', 'acme.de'] } } };
    expect(tagsOf(when, lead(), found({ companyDomain: 'acme.de' }))).toEqual(['vip']);
    expect(tagsOf(when, lead(), found({ companyDomain: 'other.de' }))).toEqual([]);
    const fields = { 'enrichment.domain.companyDomain': 'acme.de', companyDomain: 'acme.de' };
    expect(tagsOf(when, lead({ dossier: { source: 'x', fields } }))).toEqual([]);
  });

  it('never by the country of a default zone', () => {
    expect(tagsOf({ country: 'DE' }, lead({ zone: { ...berlin, source: 'default' } }))).toEqual([]);
  });

  it('with all rules in one event that names them, and only with tags that it lacks', () => {
    const rules = [
      rule({ country: 'DE' }, ['dach', 'vip'], 'german'),
      rule({ source: '*' }, ['vip', 'had'], 'any'),
      rule({ country: 'DE' }, ['had'], 'again'),
    ];
    const { state } = given(lead(), tagged(['had']));
    expect(decideTags(state, rules)).toEqual({
      type: 'lead.tagged',
      data: { rules: ['german', 'any'], add: ['dach', 'vip'], remove: [] },
    });
  });

  it('not again with a tag that an operator removed, until an operator gives it', () => {
    const byRule: Past = { type: 'lead.tagged', data: { rules: ['big'], add: ['vip'], remove: [] } };
    const when = { country: 'DE' };
    expect(tagsOf(when, lead(), byRule, tagged([], ['vip']))).toEqual([]);
    expect(tagsOf(when, lead(), byRule, tagged([], ['vip']), tagged(['other'], []))).toEqual([]);
    expect(tagsOf(when, lead(), tagged([], ['vip']), tagged(['vip']), byRule)).toEqual([]);
    const restored = { witness: 'projection' as const, untagged: ['vip'] };
    expect(tagsOf(when, lead(), { type: 'lead.recovered', data: restored })).toEqual([]);
  });

  it('not when it is erased or unknown', () => {
    expect(tagsOf({ source: '*' }, lead(), { type: 'lead.erased', data: { by: 'olga' } })).toEqual([]);
    expect(decideTags(given().state, [rule({ source: '*' })])).toEqual({ nothing: 'unknown-lead' });
  });
});

describe('tags.yaml', () => {
  const problems = (text: string): string[] =>
    lint(parseFolder({ 'tags.yaml': text }))
      .filter(({ file }) => file === 'tags.yaml')
      .map(problemLine);

  it('is refused by file and line where a rule cannot be evaluated', () => {
    expect(
      problems(
        'version: 1\nrules:\n' +
          '  - { id: a, when: { source: x, sorce: x }, add: [vip] }\n' +
          '  - { id: b, when: {}, add: [vip] }\n' +
          '  - { id: c, when: { country: Germany }, add: [vip] }\n' +
          '  - { id: d, when: { source: "a*b" }, add: [vip] }\n' +
          '  - { id: f, when: { enrichment: { domian: { company: x } } }, add: [vip] }\n' +
          '  - { id: g, when: { enrichment: { domain: { industry: x } } }, add: [vip] }\n' +
          '  - { id: e, when: { source: a }, add: [STOP_SEQUENCE] }\n',
      ),
    ).toEqual([
      expect.stringMatching(/^tags\.yaml:3: rules\.0\.when: Unrecognized key: "sorce"/),
      expect.stringMatching(/^tags\.yaml:4: rules\.1\.when: must have a condition/),
      expect.stringMatching(/^tags\.yaml:5: rules\.2\.when\.country: /),
      expect.stringMatching(/^tags\.yaml:6: rules\.3\.when\.source: /),
      expect.stringMatching(/^tags\.yaml:7: rules\.4\.when\.enrichment: Unrecognized key: "domian"/),
      expect.stringMatching(/^tags\.yaml:8: rules\.5\.when\.enrichment\.domain/),
      expect.stringMatching(/^tags\.yaml:9: rules\.6\.add\.0: must look like source:whitepaper/),
    ]);
  });

  it('is refused with one id twice', () => {
    expect(
      problems(
        'version: 1\nrules:\n' +
          '  - { id: a, when: { source: x }, add: [vip] }\n' +
          '  - { id: a, when: { source: y }, add: [vip] }\n',
      ),
    ).toEqual(['tags.yaml:4: a is the id of a rule above already (tag-rule-twice)']);
  });

  it('is refused with the trigger of a sequence', () => {
    const files = {
      'x/sequence.yaml':
        'id: x\nversion: 1\nname: x\ndescription: x\nrank: 1\ntriggers: [source:x]\n' +
        'steps: [{ id: a, action: a, channel: email, audience: staff, window: none }]\n',
      'x/a.md': '---\nsubject: a\n---\na\n',
      'tags.yaml': 'version: 1\nrules:\n  - { id: a, when: { source: x }, add: [vip, source:x] }\n',
    };
    const found = lint(parseFolder(files)).filter(({ file }) => file === 'tags.yaml');
    expect(found.map(problemLine)).toEqual([
      'tags.yaml:3: source:x triggers x, and a rule starts no sequence: routes.yaml does (tag-rule-trigger)',
    ]);
  });

  it('may have no rule any more', () => {
    expect(tagRulesSchema.parse({ version: 2, rules: [] })).toEqual({ id: 'tags', version: 2, rules: [] });
  });
});
