import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutMarkup } from './text.ts';

describe('the words of an HTML mail', () => {
  it.each([
    ['<p>Yes,&nbsp;<b>please</b>.</p><p>Jane</p>', 'Yes, please.\nJane'],
    [
      '<html><head><title>x</title><style><!-- p > b {} ' +
        '--></style></head><body>a<br>b<!--[if ' +
        'mso]><p>c</p><![endif]-->d<script>e</script></body>',
      'a\nb\nd',
    ],
    [
      'Gr&uuml;&szlig;e &#8217;&#x1F600; &amp;lt; &nope; &constructor; &ntilde;',
      'Grüße ’😀 &lt; &nope; &constructor; ñ',
    ],
    ['a <STYLE>b', 'a'],
    ['<title>a</title >b<script>c</scripts></script\n>d', 'b\nd'],
    ['1 < 2 &#0; &#x110000;', '1 < 2 &#0; &#x110000;'],
  ])('%s', (html, words) => {
    expect(withoutMarkup(html)).toBe(words);
  });

  it('are found in any text', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            '<',
            '>',
            '<!--',
            '-->',
            '<style',
            '</style>',
            '<script>',
            '&',
            '&#',
            'x1',
            ';',
            '<p',
            'a',
            ' ',
            '\n',
          ),
        ),
        (pieces) => {
          withoutMarkup(pieces.join(''));
        },
      ),
    );
  });

  it.each(['<', '<!--', '<style', '<!-- -->', '<style></style', '&', '&a', '\n', ' ', '<p'])(
    'are found in time linear in the length: %s',
    (piece) => {
      withoutMarkup(piece.repeat(300_000));
    },
  );
});
