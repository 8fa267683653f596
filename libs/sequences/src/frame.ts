import { z } from 'zod';

/**
 * The HTML around the mails of a sequence to leads. All of it is the same for each lead: neither a color nor the
 * logo's address can tell one reader from another.
 */

const color = z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a color such as #0b5cad');
const palette = {
  page: color.optional().describe('Behind the card, and behind the footer'),
  card: color.optional().describe('Behind the text'),
  text: color.optional(),
  link: color.optional(),
};

/** A template is no part of the address, and a name and password in it would be sent to every lead. */
const isLogoAddress = (url: string): boolean => {
  const parsed = /^https:\/\/[^\s{}"'<>\\]+$/i.test(url) ? URL.parse(url) : null;
  return parsed !== null && parsed.username === '' && parsed.password === '';
};

/** The limits keep a picture visible (no tracking pixel), and a mail as wide as a phone's screen or narrower. */
const LOGO_PX_MIN = 16;
const LOGO_WIDTH_MAX = 560;
const LOGO_HEIGHT_MAX = 200;

const isLanguage = (tag: string): boolean => {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
};

export const frameSchema = z.strictObject({
  language: z
    .string()
    .refine(isLanguage, 'must be a language such as en or de-CH')
    .optional()
    .describe('Of the mails, for programs that read them aloud'),
  colors: z
    .strictObject({ ...palette, header: color.optional().describe('Behind the logo, also in dark mode') })
    .optional(),
  dark: z.strictObject(palette).optional().describe('The colors in dark mode'),
  logo: z
    .strictObject({
      url: z.string().max(500).refine(isLogoAddress, 'must be an https address, the same for each lead'),
      alt: z.string().trim().min(1, 'must say what a reader without pictures reads').max(100),
      width: z.number().int().min(LOGO_PX_MIN).max(LOGO_WIDTH_MAX),
      height: z.number().int().min(LOGO_PX_MIN).max(LOGO_HEIGHT_MAX),
    })
    .optional(),
  signature: z.string().min(1).max(2_000).optional().describe('Markdown with Liquid, below the text'),
});
export type Frame = z.infer<typeof frameSchema>;

export interface Palette {
  page: string;
  card: string;
  text: string;
  link: string;
}
const LIGHT: Palette = { page: '#f3f5f7', card: '#ffffff', text: '#1f2933', link: '#0b5cad' };
const DARK: Palette = { page: '#101317', card: '#1b2027', text: '#e6e9ed', link: '#8ab8f5' };

/** Both palettes, with the defaults of what the frame leaves out. */
export const palettesOf = ({ colors, dark }: Frame): { light: Palette; dark: Palette } => ({
  light: { ...LIGHT, ...colors },
  dark: { ...DARK, ...dark },
});

/** WCAG 2.2, relative luminance of sRGB: 0 is black, 1 is white. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** The contrast ratio of two colors, from 1 to 21 (WCAG 2.2). */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Black or white, whichever is readable on the color. */
export const readableOn = (background: string): string =>
  contrast('#000000', background) > contrast('#ffffff', background) ? '#000000' : '#ffffff';
