import { describe, expect, it } from '@jest/globals';
import { leadOfForm } from './form.ts';

describe('a form’s field', () => {
  it.each([
    ['email', ['email', 'Email', 'EMAIL']],
    ['firstName', ['firstName', 'FirstName', 'FIRST_NAME', 'firstname']],
    ['phone', ['Phone', 'Tel', 'phone_number']],
    ['timeZone', ['TimeZone', 'timezone']],
  ])('is the contract’s %s in any letter case', (name, spellings) => {
    for (const spelling of spellings)
      expect(leadOfForm(new URLSearchParams([[spelling, 'x']]))).toEqual({ [name]: 'x', leadData: {} });
  });

  it.each([
    ['source', ['Source', 'LEAD_SOURCE']],
    ['pageURL', ['PageUrl', 'page_url', 'Page']],
    ['submissionTimestamp', ['SubmissionTimestamp', 'submission_timestamp']],
  ])('is the lead data’s %s in any letter case', (name, spellings) => {
    for (const spelling of spellings)
      expect(leadOfForm(new URLSearchParams([[spelling, 'x']]))).toEqual({ leadData: { [name]: 'x' } });
  });

  it('of another spelling never replaces the contract’s own name', () => {
    const both = [
      ['source', 'sales-demo'],
      ['Source', 'Google'],
    ];
    for (const form of [both, both.toReversed()])
      expect(leadOfForm(new URLSearchParams(form))).toEqual({
        leadData: { source: 'sales-demo', fields: { Source: 'Google' } },
      });
  });

  it('of another name is kept as it is spelled', () => {
    expect(leadOfForm(new URLSearchParams({ Company: 'Acme', UTM_Source: 'ad' }))).toEqual({
      leadData: { fields: { Company: 'Acme' }, utm: { utm_source: 'ad' } },
    });
  });
});
