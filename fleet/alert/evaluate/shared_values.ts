import { outlierScores } from "../detect/peers.ts";
import { seasonScore } from "../detect/season.ts";
import type { Season } from "../detect/season.ts";
import type { Call } from "../language/expression.ts";
import { labelOf } from "../rules/labels.ts";
import type { Rule } from "../rules/rule.ts";
import { BLOCK } from "./compile.ts";
import type { Block, Surroundings } from "./compile.ts";
import type { PresenceWatch } from "./presence.ts";
import type { FigureTable } from "./table.ts";

/** What several rules may ask for is computed once in an evaluation. */
export class SharedValues {
  /** By figure: what is usual at this hour of the week, by task. */
  readonly seasons = new Map<string, ReadonlyMap<number, Season>>();
  readonly #outliers = new Map<string, Float64Array>();
  readonly #absence: (Uint8Array | null)[] = [null, null];
  /** What windows came to, by function and block. */
  readonly #blocks = new Map<string, Block[]>();
  #evaluation = 0;
  #now: number;

  constructor(readonly table: FigureTable, readonly presence: PresenceWatch, now: number) {
    this.#now = now;
  }

  /** Figures and presence are those of now: what was computed of the earlier ones holds no longer. */
  begin(now: number): void {
    this.#now = now;
    this.#evaluation++;
    this.#outliers.clear();
    this.#absence.fill(null);
  }

  /** What the conditions of a rule are compiled against. */
  around(rule: Rule): Surroundings {
    const now = () => this.#now;
    const evaluation = () => this.#evaluation;
    return {
      table: this.table,
      get now() {
        return now();
      },
      absence: () => {
        const which = rule.isPlanned ? 1 : 0;
        let verdicts = this.#absence[which];
        if (verdicts === null) {
          verdicts = new Uint8Array(this.table.size);
          this.presence.verdicts(rule.isPlanned, verdicts);
          this.#absence[which] = verdicts;
        }
        return verdicts;
      },
      outliers: (call) => this.#outliersOf(call),
      block: (key, from) => this.#blockOf(key, from),
      get evaluation() {
        return evaluation();
      },
      season: (figure, slot) => {
        const row = this.table.rows[slot];
        const task = row?.task ?? row?.agent.hostTask;
        const season = task ? this.seasons.get(figure)?.get(task.id) : undefined;
        return seasonScore(season, this.table.values(figure)[slot]);
      },
    };
  }

  #blockOf(key: string, from: number): Block {
    let blocks = this.#blocks.get(key);
    if (!blocks) this.#blocks.set(key, blocks = []);
    const at = from / BLOCK;
    blocks[at] ??= { values: new Float64Array(BLOCK), evaluation: -1 };
    return blocks[at];
  }

  #outliersOf({ figure, by }: Call): Float64Array {
    const key = `${figure} ${by}`;
    const known = this.#outliers.get(key);
    if (known) return known;
    const groups = new Map<string, number[]>();
    this.table.rows.forEach((row, slot) => {
      const value = row ? labelOf(row.agent, row.task, by!) : "";
      if (value === "") return;
      // Nobody is compared with another domain's.
      const name = `${row!.task ? "t" : "a"}${labelOf(row!.agent, null, "domain")}/${value}`;
      const group = groups.get(name);
      if (group) group.push(slot);
      else groups.set(name, [slot]);
    });
    const scores = new Float64Array(this.table.size);
    outlierScores(figure, this.table.values(figure), groups.values(), scores);
    this.#outliers.set(key, scores);
    return scores;
  }
}
