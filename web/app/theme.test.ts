import { describe, expect, it } from 'vitest';
import { GROUND, PRIMARY, TONES } from './theme';

/** Relative luminance of `#rrggbb` (WCAG 2). */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('contrast in the %s theme', (theme) => {
  const ground = GROUND[theme];
  it.each(Object.entries(TONES[theme]))('of a %s label is AA, on its own ground and on a card', (_, ink) => {
    expect(contrast(ink.text, ink.ground)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(ink.text, ground.card)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(['text', 'quiet', 'link'] as const)('of %s is AA on page and card', (kind) => {
    expect(contrast(ground[kind], ground.page)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(ground[kind], ground.card)).toBeGreaterThanOrEqual(4.5);
  });
  it('of white on the main button is AA', () => {
    expect(contrast('#ffffff', PRIMARY[theme])).toBeGreaterThanOrEqual(4.5);
  });
});
