import { contrast, palettesOf, type Frame } from './frame.ts';
import type { Sequence } from './definition.ts';
import { lintLiquid, lintMarkdown } from './lint-template.ts';

export interface FrameFinding {
  path: string[];
  rule: string;
  message: string;
  warns?: true;
}

/** WCAG 2.2, success criterion 1.4.3 (AA), for text smaller than 24 px. */
const CONTRAST_MIN = 4.5;
/** Gmail shows the first 102 KB of a mail's HTML and hides the rest, with the way out at its end. */
const CLIPPED_BYTES = 102 * 1024;

/** Problems of a sequence's frame. */
export function lintFrame({ frame, steps }: Sequence): FrameFinding[] {
  if (!frame) return [];
  const { signature = '' } = frame;
  const inSignature = [...lintLiquid(signature, true), ...lintMarkdown(signature)];
  return [
    ...(steps.every(({ audience }) => audience === 'staff')
      ? [{ path: ['frame'], rule: 'unreachable', message: 'no step goes to a lead: nobody sees the frame' }]
      : []),
    ...inSignature.map(({ rule, message }) => ({ path: ['frame', 'signature'], rule, message })),
    ...lintContrast(frame),
  ];
}

function lintContrast(frame: Frame): FrameFinding[] {
  const given = { light: 'colors', dark: 'dark' } as const;
  return (['light', 'dark'] as const).flatMap((scheme) => {
    const { page, card, text, link } = palettesOf(frame)[scheme];
    const pairs = [
      ['text', text, 'card', card],
      ['link', link, 'card', card],
      // The footer is on the page.
      ['text', text, 'page', page],
    ] as const;
    return pairs
      .filter(([, front, , back]) => contrast(front, back) < CONTRAST_MIN)
      .map(([of, front, on, back]): FrameFinding => {
        const key = given[scheme];
        const named = [of, on].find((one) => frame[key]?.[one] !== undefined);
        // Cut, because 4.49 is not enough and must not read as 4.5.
        const ratio = Math.floor(contrast(front, back) * 10) / 10;
        const where = scheme === 'dark' ? ' in dark mode' : '';
        return {
          path: ['frame', key, ...(named ? [named] : [])],
          rule: 'contrast',
          message:
            `${of} ${front} on ${on} ${back}${where} has a contrast of ${ratio}:1; ` +
            `WCAG AA asks for ${CONTRAST_MIN}:1`,
          warns: true,
        };
      });
  });
}

/** The finding for a mail whose end Gmail hides; undefined for a shorter one. */
export function clipped(html: string): Omit<FrameFinding, 'path'> | undefined {
  const bytes = new TextEncoder().encode(html).length;
  if (bytes <= CLIPPED_BYTES) return undefined;
  const kb = Math.ceil(bytes / 1024);
  return {
    rule: 'clipped',
    message: `the mail has ${kb} KB of HTML: Gmail hides what comes after 102 KB, and with it the way out`,
    warns: true,
  };
}
