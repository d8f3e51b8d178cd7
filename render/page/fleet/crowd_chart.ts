import { make } from "../parts/dom.ts";
import { LiveChart } from "../parts/live_chart.ts";
import { ask } from "./manager_api.ts";
import { TASK_PANELS } from "./panels.ts";

/** Lines of tasks of their own: more could not be told apart. */
const LINES = 4;
const COLORS = ["--run-0", "--run-1", "--run-2", "--run-3"];
const POINTS = 60;

interface Crowd {
  readonly step_ms: number;
  readonly times: readonly number[];
  readonly top: readonly {
    readonly name: string;
    readonly host: string;
    readonly values: readonly (number | null)[];
  }[];
  readonly rest: readonly (number | null)[];
  readonly rest_count: number;
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
  readonly max: readonly (number | null)[];
  readonly left_out: number;
}

/** Many tasks in one chart: lines of those with most, and a band from the median to the 95th percentile of all. */
export class CrowdChart {
  readonly element = make("div", {});
  readonly #note = make("p", { class: "help", role: "status" });
  #chart: LiveChart | null = null;
  #isClosed = false;

  /** @param selection which tasks @param id of the chart whose first line is drawn */
  constructor(
    readonly selection: Readonly<Record<string, string>>,
    readonly id: "cpu" | "memory",
    readonly hours: number,
  ) {
    this.element.append(this.#note);
    void this.#read();
  }

  fit(isNew: boolean): void {
    this.#chart?.fit(Math.max(100, this.element.clientWidth - 2), isNew);
  }

  close(): void {
    this.#isClosed = true;
    this.#chart?.destroy();
  }

  async #read(): Promise<void> {
    const panel = TASK_PANELS.find(({ id }) => id === this.id)!;
    const until = Date.now();
    const range = { from: until - this.hours * 3_600_000, until };
    try {
      const column = panel.columns[0];
      const crowd = await ask<Crowd>("crowd", {
        ...this.selection,
        ...range,
        column,
        points: POINTS,
        limit: LINES,
      });
      if (!this.#isClosed) this.#draw(crowd, panel, until);
    } catch (error) {
      this.#note.textContent = (error as Error).message;
    }
  }

  #draw(crowd: Crowd, panel: typeof TASK_PANELS[number], until: number): void {
    const top = crowd.top.map(({ name, host }, n) => ({ label: `${name} on ${host}`, color: COLORS[n] }));
    const isMany = crowd.rest_count > 0;
    const band = [
      { label: "half are below", color: "--muted" },
      { label: "95% are below", color: "--muted" },
    ];
    const lines = [...top, ...isMany ? band : []];
    this.#chart = new LiveChart(
      {
        ...panel,
        lines,
        hint: "of each task; grey is from the median to the 95th percentile",
        // Steps of many lines over each other would be a thicket.
        kind: "level",
        band: isMany ? [top.length, top.length + 1] : null,
      },
      this.hours * 3_600,
      300,
    );
    this.element.prepend(this.#chart.element);
    // A step stands for the time that begins with it; the last is not over yet.
    const ends = crowd.times.map((time) => (time + crowd.step_ms) / 1_000).filter((time) =>
      time <= until / 1_000
    );
    const values = [...crowd.top.map(({ values }) => values), ...isMany ? [crowd.p50, crowd.p95] : []];
    this.#chart.show(ends, values.map((line) => line.slice(0, ends.length)), until / 1_000);
    this.fit(false);
    const rest = crowd.rest.findLast((value) => value !== null);
    const others = isMany && rest !== undefined && rest !== null
      ? `${crowd.rest_count} others had ${this.#chart.words(rest)} together at last.`
      : "";
    const left = crowd.left_out > 0 ? ` ${crowd.left_out} more were not examined.` : "";
    this.#note.textContent = crowd.top.length === 0 ? "Nothing is known of this while." : others + left;
  }
}
