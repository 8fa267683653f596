import fc from 'fast-check';

const [SURROGATES_FROM, SURROGATES] = [0xd800, 0x800];
const codePoint = fc
  .integer({ min: 0, max: 0x10ffff - SURROGATES })
  .map((place) => String.fromCodePoint(place < SURROGATES_FROM ? place : place + SURROGATES));
/** Several code points each, which random ones would hardly ever become. */
const grapheme = fc.constantFrom('e\u0301', '🇩🇪', '👩‍👩‍👧', '👍🏽', '한', 'क्षि', '\r\n', '\u202eabc\u202c');
const unit = fc.oneof({ arbitrary: codePoint, weight: 9 }, grapheme);

/**
 * A text of any code points but lone surrogates, and now and then of ASCII that programs stumble over (`__proto__`).
 * The lengths count code points or graphemes. `fc.string({ unit: 'binary' })` builds a map of all 1.1 million code
 * points for each arbitrary: two seconds of CPU and 100 MB.
 */
export const anyText = (lengths: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> =>
  fc.oneof({ arbitrary: fc.array(unit, lengths).map((units) => units.join('')), weight: 4 }, fc.string(lengths));
