import type { Fields } from "./fields.ts";

/** How a figure of its own may be called. */
const NAME = /^[a-z_][a-z0-9_]{0,63}$/;

/** Figures of a task under names that are not known: so many at most, whatever is sent. */
export class CustomFigures {
  #figures: Map<string, number> | null = null;
  /** The first name that was left out, and how many were. */
  firstLeftOut: string | null = null;
  leftOutCount = 0;

  constructor(readonly most: number) {}

  /** Null where there are none. */
  get figures(): ReadonlyMap<string, number> | null {
    return this.#figures;
  }

  /** One more; what cannot be stored is not a figure. */
  add(name: string, value: number): void {
    // Some who take figures from here make an object of them.
    const isFit = NAME.test(name) && name !== "__proto__" && Number.isFinite(value);
    if (isFit && this.#figures?.has(name)) return void this.#figures.set(name, value + 0);
    if (isFit && (this.#figures?.size ?? 0) < this.most) {
      (this.#figures ??= new Map()).set(name, value + 0);
      return;
    }
    this.firstLeftOut ??= name.slice(0, 64);
    this.leftOutCount++;
  }

  /** The numbers of an object, by its name and theirs: `waiting` has `waiting_io_full_seconds`. */
  addAll(group: string, values: Fields): void {
    const prefix = `${group}_`;
    for (const key in values) {
      const value = values[key];
      if (typeof value === "number") this.add(key.startsWith(prefix) ? key : prefix + key, value);
    }
  }
}
