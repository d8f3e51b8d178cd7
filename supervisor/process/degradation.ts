/** What the supervisor may be unable to do for a process: with what, and what, and what comes of it. */
const TROUBLES = {
  state: ["its state", "is", "written"],
  output: ["its output", "is", "collected"],
  metrics: ["its metrics", "are", "taken"],
} as const;
const IN_ORDER = Object.keys(TROUBLES) as Trouble["what"][];

/** What the supervisor cannot do for a process, and why. */
export interface Trouble {
  readonly what: keyof typeof TROUBLES;
  readonly why: string;
}

/** A trouble as a sentence. */
export function troubleSentence({ what, why }: Trouble): string {
  const [its, , done] = TROUBLES[what];
  return `${its} cannot be ${done}: ${why}`;
}

/** What the process waits for before it is launched; null where it does not. */
export function recoverySentence({ what, why }: Trouble): string | null {
  const [its, , done] = TROUBLES[what];
  return isObstacle(what) ? `it is launched once ${its} can be ${done}: ${why}` : null;
}

/** Whether nothing is launched as long as that cannot be done. */
function isObstacle(what: Trouble["what"]): boolean {
  return what !== "metrics";
}

const RECOVERED = " again";

/** Whether a sentence that a {@link Degradation} has told says that the trouble is over. */
export function tellsRecovery(sentence: string): boolean {
  return sentence.endsWith(RECOVERED);
}

/**
 * What the supervisor cannot do for a process. As long as its state cannot be written, or its output not be collected,
 * it is not launched.
 */
export class Degradation {
  readonly #why = new Map<Trouble["what"], string>();

  /** @param onChange called with a sentence about each change */
  constructor(readonly onChange: (sentence: string) => void) {}

  /** The first trouble; null where there is none. */
  get current(): Trouble | null {
    for (const what of IN_ORDER) {
      const why = this.#why.get(what);
      if (why !== undefined) return { what, why };
    }
    return null;
  }

  /** @param why null when the trouble is over */
  set(what: Trouble["what"], why: string | null): void {
    if (why === (this.#why.get(what) ?? null)) return;
    if (why === null) {
      this.#why.delete(what);
      return this.onChange(`${TROUBLES[what].join(" ")}${RECOVERED}`);
    }
    this.#why.set(what, why);
    const outlook = isObstacle(what) ? "nothing is launched before" : "a restart gives it another address";
    this.onChange(`${troubleSentence({ what, why })}; it is tried again, and ${outlook}`);
  }

  /** It is none any more, whether it is over or not: nothing is to be done. */
  forget(what: Trouble["what"]): void {
    this.#why.delete(what);
  }
}
