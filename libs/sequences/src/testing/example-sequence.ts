import { sequenceSchema, type Sequence } from '../definition.ts';

/** A valid sequence with one template, `mail`; a spec names the parts that it is about. Throws ZodError. */
export const exampleSequence = (parts: object): Sequence =>
  sequenceSchema.parse({
    id: 'content-nurture',
    version: 1,
    name: 'Nurture',
    description: 'an example',
    rank: 10,
    triggers: ['source:whitepaper'],
    templates: { mail: { subject: 'Hello', body: 'Hello' } },
    ...parts,
  });
