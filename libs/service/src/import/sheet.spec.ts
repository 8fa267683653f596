import { expect, it } from '@jest/globals';
import { Sheet } from './sheet.ts';

it('answers the next question with the fault that ended its thread between two questions', async () => {
  await using sheet = await Sheet.open(new TextEncoder().encode('email\njane@example.com\n'), {
    choices: [],
    source: 'fair',
    defaultRegion: 'US',
  });
  await expect(sheet.ask({ kind: 'preview' })).resolves.toMatchObject({ rows: 1, counts: { leads: 1 } });
  await expect(sheet.ask({ kind: 'unknown' } as never)).rejects.toThrow('is not a function');
  await expect(sheet.ask({ kind: 'preview' })).rejects.toMatchObject({
    code: 'SHEET',
    message: expect.stringContaining('is not a function'),
  });
});
