/** One run: of which command, and the which; those that warm up have negative indices. */
export interface Turn {
  readonly command: number;
  readonly index: number;
}

interface Course {
  readonly commandCount: number;
  readonly warmup: number;
  readonly isInTurn: boolean;
  /** Whether a command has run often and long enough. */
  readonly isDone: (command: number) => boolean;
  /** A number from 0 to 1, 1 excluded. */
  readonly random: () => number;
}

/**
 * The order of runs. Interleaved, each round runs every command once, in an order of its own: what the machine does
 * meanwhile (other work, heat, caches) then is noise to all of them alike instead of an advantage of one, and none
 * always runs behind the same other.
 */
export function* turns({ commandCount, warmup, isInTurn, isDone, random }: Course): Generator<Turn> {
  const all = [...Array(commandCount).keys()];
  for (const commands of isInTurn ? all.map((command) => [command]) : [all]) {
    for (let index = -warmup;; index++) {
      const left = index < 0 ? commands : commands.filter((command) => !isDone(command));
      if (left.length === 0) break;
      for (const command of shuffled(left, random)) yield { command, index };
    }
  }
}

/** By Fisher and Yates: every order is as likely. */
function shuffled(list: readonly number[], random: () => number): number[] {
  const result = [...list];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [result[last], result[other]] = [result[other], result[last]];
  }
  return result;
}
