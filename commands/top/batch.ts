import { hostname } from "node:os";
import { printableJson } from "../../core/printable.ts";
import { isTerminal, printOut, say } from "../../io/terminal/output.ts";
import { ASCII, UNICODE } from "../../render/screen/sparkline.ts";
import { plain } from "../../render/screen/style.ts";
import { History } from "./history.ts";
import { lookAsJson } from "./look_json.ts";
import { layOut } from "./rows.ts";
import type { TopOptions } from "./run_top.ts";
import { batchLines } from "./screen_view.ts";
import { INITIAL_STATE } from "./state.ts";
import type { TopState } from "./state.ts";
import { openWorld, SECOND_LOOK_MS } from "./world.ts";

/** How looks are printed one after another. */
export interface BatchOptions extends TopOptions {
  /** How many; Infinity: until somebody ends it. */
  readonly count: number;
  readonly json: boolean;
}

/** Where nothing tells how wide it is: commands are cut there. */
const WIDEST = 512;
/** What is printed stands by itself: nothing is gone back to. */
const KEPT_LOOKS = 2;

/** Print the processes again and again; the exit code. Ends as well when its reader does. */
export async function runBatch(options: BatchOptions): Promise<number> {
  const { sort, view, filter, roots, network, intervalMs, count, json, isAscii } = options;
  const { table, meter, message } = await openWorld(options);
  const state: TopState = { ...INITIAL_STATE, sort, view, filter, roots, showsNetwork: network };
  const history = new History(KEPT_LOOKS, network);
  const look = () => {
    const now = performance.now();
    table.refresh(now, new Set());
    history.add(table.processes, meter.groupPercents(history.cgroups, now), meter.moment(true));
  };
  try {
    if (message !== null) say(`top: ${message}`);
    // A rate needs two looks; before them all files are opened, which takes a while.
    look();
    table.refresh(performance.now(), new Set());
    let nextMs = performance.now() + Math.min(SECOND_LOOK_MS, intervalMs);
    for (let printed = 0; printed < count; printed++) {
      await until(nextMs);
      look();
      const tick = history.last;
      const laidOut = layOut(history, tick, state);
      const text = json
        ? `${
          printableJson(
            lookAsJson(history.momentAt(tick)!, laidOut.rows, network, (one) => table.peakOf(one)),
          )
        }\n`
        : batchLines({
          state,
          history,
          table: laidOut,
          tick,
          size: { columns: width(), rows: Infinity },
          glyphs: isAscii ? ASCII : UNICODE,
          hostName: hostname(),
          offsetMinutes: -new Date().getTimezoneOffset(),
          isPlain: true,
        }).map((line) => `${plain(line).trimEnd()}\n`).join("") + (printed + 1 < count ? "\n" : "");
      if (!printOut(text)) break;
      // One that comes late is left out, not made up for.
      while (nextMs <= performance.now()) nextMs += intervalMs;
    }
    return 0;
  } finally {
    table.close();
  }
}

function width(): number {
  const columns = isTerminal(1) ? process.stdout.columns : Number(process.env.COLUMNS);
  return columns >= 1 ? Math.floor(columns) : WIDEST;
}

async function until(dueMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueMs - performance.now())));
}
