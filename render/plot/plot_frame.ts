import { markup } from "../page/html.ts";
import type { Html } from "../page/html.ts";
import { ticksOf, TIME_STEPS, timeOnAxis } from "./axes.ts";
import type { Theme } from "./plot_theme.ts";

/** The margin at every side of a plot. */
export const MARGIN = 20;
/** For the heading of a panel. */
export const HEADING_HEIGHT = 26;
/** For the times below a panel. */
export const TICKS_HEIGHT = 18;
/** Half the width of a letter of a label, more or less. */
const HALF_LETTER = 3.4;
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
    const label = timeOnAxis(time, step);
    // Below the end of the axis there is room for half of a short label only.
    const edge = left + width + MARGIN - 2;
    const [place, anchor] = x + label.length * HALF_LETTER > edge ? [edge, "end"] : [x, "middle"];
    return markup`<path d="M${x} ${top}V${bottom}" stroke="${theme.grid}"/><text x="${place}" y="${
      bottom + 14
    }" text-anchor="${anchor}" fill="${theme.muted}">${label}</text>
`;
  });
}

/** A coordinate, to a tenth of a pixel. */
export const round = (value: number): number => Math.round(value * 10) / 10;
