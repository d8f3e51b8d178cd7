import type { Store } from "../../store/contract.ts";
import type { UnitKey } from "../../model/unit.ts";
import { readAllSeasons } from "./season.ts";
import type { Season } from "./season.ts";

const HOUR_MS = 3_600_000;

/** What seasons are read with. */
interface SeasonParts {
  readonly store: Pick<Store, "hours">;
  readonly view: { readonly units: ReadonlyMap<UnitKey, unknown> };
  /** A line for people. */
  readonly say: (line: string) => void;
}

/** Where seasons are needed. */
interface SeasonUser {
  readonly seasonalFigures: ReadonlySet<string>;
  readonly seasons: Map<string, ReadonlyMap<number, Season>>;
}

/** Reads once an hour what is usual at this hour of the week. */
export class HourlySeasons {
  #readAt = NaN;

  constructor(readonly parts: SeasonParts) {}

  /** Read them at the next call, whatever the hour. */
  forget(): void {
    this.#readAt = NaN;
  }

  /** Give them to where they are needed, where the hour is another than before. */
  async readFor(user: SeasonUser | null, now: number): Promise<void> {
    const hour = Math.floor(now / HOUR_MS);
    if (hour === this.#readAt || !user || user.seasonalFigures.size === 0) return;
    this.#readAt = hour;
    const { store, view, say } = this.parts;
    for (const figure of user.seasonalFigures) {
      try {
        user.seasons.set(figure, await readAllSeasons(store, view.units.keys(), figure, now));
      } catch (error) {
        say(`alerts: what is usual of ${figure} cannot be read: ${(error as Error).message}`);
      }
    }
  }
}
