import type { UnitKey } from "../model/unit.ts";
import type { Admission } from "./admission.ts";

/** Says which units have no room for another agent, each once until it has some again. */
export class FullUnits {
  #said: ReadonlySet<UnitKey> = new Set();

  constructor(readonly admission: Admission, readonly say: (line: string) => void) {}

  look(now: number): void {
    const full = new Set(this.admission.fullUnits(now));
    for (const unit of full) {
      if (this.#said.has(unit)) continue;
      this.say(
        `${unit}: there is no room for more agents (${this.admission.limits.agentsOfUnit} in a unit at most): new ` +
          "ones are refused, or take the place of names that were seen only briefly; GET /api/v1/ingest has them",
      );
    }
    this.#said = full;
  }
}
