import { ticksOf, TIME_STEPS, timeOnAxis } from "./axes.ts";
import { markup } from "./html.ts";
import type { Html } from "./html.ts";
import type { Theme } from "./plot_theme.ts";

/** The margin at every side of a plot. */
export const MARGIN = 20;
/** For the heading of a panel. */
export const HEADING_HEIGHT = 26;
/** For the times below a panel. */
export const TICKS_HEIGHT = 18;
/** Between entries of a legend; a space that is not drawn together with others. */
export const GAP = "\u2003";

/** What all panels of a plot share: colours, and where times stand. */
export interface Frame {
  readonly theme: Theme;
  readonly left: number;
  readonly width: number;
  readonly seconds: number;
}

/** Lines and labels at round times. */
export function timeTicks({ theme, left, width, seconds }: Frame, top: number, bottom: number): Html[] {
  const { step, at } = ticksOf(seconds, TIME_STEPS, width / 70);
  return at.map((time) => {
    const x = round(left + (time / seconds) * width);
    return markup`<path d="M${x} ${top}V${bottom}" stroke="${theme.grid}"/><text x="${x}" y="${
      bottom + 14
    }" text-anchor="middle" fill="${theme.muted}">${timeOnAxis(time, step)}</text>
`;
  });
}

/** A coordinate, to a tenth of a pixel. */
export const round = (value: number): number => Math.round(value * 10) / 10;
