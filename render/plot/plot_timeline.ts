import type { RecordedRun } from "../../records/recorded_run.ts";
import { markup } from "../page/html.ts";
import type { Html } from "../page/html.ts";
import { packLanes } from "../page/lanes.ts";
import { barsOf } from "../page/pack_run.ts";
import type { ExecutableTotal } from "../page/pack_run.ts";
import { GAP, HEADING_HEIGHT, MARGIN, round, TICKS_HEIGHT, timeTicks } from "./plot_frame.ts";
import type { Frame } from "./plot_frame.ts";

const TIMELINE_HEIGHT = 180;

/** A bar for each process of a run, and how high they stand all together. */
export function timelinePart(
  run: RecordedRun,
  executables: readonly ExecutableTotal[],
  title: string,
  frame: Frame,
  y: number,
): { part: Html; height: number } {
  const { theme, left, width, seconds } = frame;
  const bars = barsOf(run);
  const ends = bars.map(({ startSeconds, livedSeconds }) => startSeconds + livedSeconds);
  const lanes = packLanes(bars.map(({ startSeconds }) => startSeconds), ends);
  const count = lanes.reduce((most, lane) => Math.max(most, lane + 1), 1);
  const lane = Math.min(14, TIMELINE_HEIGHT / count);
  const top = y + HEADING_HEIGHT;
  const bottom = top + count * lane;
  const places = new Map(
    executables.map(({ name }, index) => [name, Math.min(index, theme.executables.length - 1)]),
  );
  // A path for each colour: thousands of rectangles would make a large picture.
  const paths: string[] = theme.executables.map(() => "");
  const drawnTo = new Float64Array(count).fill(-Infinity);
  const thick = round(Math.max(0.5, lane - (lane > 4 ? 1.5 : 0.3)));
  bars.forEach((bar, index) => {
    const x = round(left + (Math.max(0, bar.startSeconds) / seconds) * width);
    const end = round(left + (Math.min(seconds, ends[index]) / seconds) * width);
    const wide = round(Math.max(0.8, end - x - 0.4));
    if (x + wide <= drawnTo[lanes[index]]) return;
    drawnTo[lanes[index]] = x + wide;
    paths[places.get(bar.name)!] += `M${x} ${round(top + lanes[index] * lane)}h${wide}v${thick}h-${wide}z`;
  });
  const shown = executables.slice(0, theme.executables.length - 1).map(({ name }) => name);
  const part = markup`<g>
<text x="${MARGIN}" y="${y + 14}" font-size="12.5" font-weight="600" fill="${theme.text}">${title}</text>
${executableLegend(shown, frame, y + 14)}${timeTicks(frame, top, bottom)}${
    paths.map((path, index) =>
      path === "" ? markup`` : markup`<path d="${path}" fill="${theme.executables[index]}"/>\n`
    )
  }</g>
`;
  return { part, height: bottom + TICKS_HEIGHT - y };
}

function executableLegend(names: readonly string[], { theme, left, width }: Frame, y: number): Html {
  let room = (width - 120) / 7;
  const fitting = names.filter((name) => (room -= name.length + 4) > 0);
  const entries = fitting.map((name, index) =>
    markup`${index > 0 ? GAP : ""}<tspan fill="${theme.executables[index]}">■</tspan> ${name}`
  );
  return markup`<text x="${left + width}" y="${y}" text-anchor="end" fill="${theme.muted}">${entries}</text>
`;
}
