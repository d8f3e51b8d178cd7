import type { Fields } from "./derived_rolls.ts";
import { addExactly } from "./exact_sum.ts";
import { bucketsOf, noFields } from "./roll_columns.ts";
import type { RollColumns } from "./roll_columns.ts";

/** Rolls of a task in one of several. */
interface Piece {
  readonly place: number;
  /** Of each of its rows the place of the bucket among those of all pieces; -1 where it is not wanted. */
  readonly rows: Int32Array;
  readonly of: RollColumns;
}

/**
 * Rolls added up, a bucket at a time.
 * @param parts in the order that they are added up in
 */
export function joinRolls(
  parts: readonly RollColumns[],
  isWanted: (bucket: number) => boolean,
): RollColumns {
  const byTask = new Map<number, { readonly of: RollColumns; readonly place: number }[]>();
  for (const of of parts) {
    of.tasks.forEach(({ task, times }, place) => {
      if (!times.some(isWanted)) return;
      const pieces = byTask.get(task);
      if (pieces) pieces.push({ of, place });
      else byTask.set(task, [{ of, place }]);
    });
  }
  const tasks = [...byTask].sort(([a], [b]) => a - b).map(([task, found]) => {
    const wanted = found.flatMap(({ of, place }) => [...of.tasks[place]!.times.filter(isWanted)]);
    const times = bucketsOf(Float64Array.from(wanted));
    const pieces = found.map(({ of, place }): Piece => ({
      ...{ of, place },
      rows: Int32Array.from(of.tasks[place]!.times, (bucket) => times.indexOf(bucket)),
    }));
    return { task, times, pieces };
  });
  const columns = new Map<string, (Fields | null)[]>();
  for (const name of namesInOrder(tasks, parts)) {
    const all = new Map(parts.map((part) => [part, part.columns.get(name)]));
    columns.set(
      name,
      tasks.map(({ times, pieces }) =>
        joined(pieces, (piece) => all.get(piece.of)?.[piece.place], times.length)
      ),
    );
  }
  return { tasks: tasks.map(({ task, times }) => ({ task, times })), columns };
}

/** The names that some wanted bucket has, as they come up, bucket by bucket. */
function namesInOrder(
  tasks: readonly { readonly times: Float64Array; readonly pieces: readonly Piece[] }[],
  parts: readonly RollColumns[],
): Set<string> {
  const known = new Set(parts.flatMap(({ columns }) => [...columns.keys()]));
  const names = new Set<string>();
  for (const { times, pieces } of tasks) {
    for (let bucket = 0; bucket < times.length; bucket++) {
      for (const { of, place, rows } of pieces) {
        const row = rows.indexOf(bucket);
        if (row < 0) continue;
        for (const [name, all] of of.columns) {
          const n = all[place]?.n[row] ?? NaN;
          if (n === n) names.add(name);
        }
      }
      // Nearly always the first bucket has all of them.
      if (names.size === known.size) return names;
    }
  }
  return names;
}

function joined(
  pieces: readonly Piece[],
  fieldsOf: (piece: Piece) => Fields | null | undefined,
  count: number,
): Fields | null {
  let to: Fields | null = null;
  for (const piece of pieces) {
    const own = fieldsOf(piece);
    if (!own) continue;
    to ??= noFields(count);
    for (let row = 0; row < own.n.length; row++) {
      const at = piece.rows[row]!;
      const n = own.n[row]!;
      if (at < 0 || n !== n) continue;
      const isFirst = to.n[at] !== to.n[at];
      to.n[at] = isFirst ? n : to.n[at]! + n;
      to.sum[at] = addExactly(isFirst ? 0 : to.sum[at]!, own.sum[row]!);
      to.increase[at] = addExactly(isFirst ? 0 : to.increase[at]!, own.increase[row]!);
      if (isFirst || own.min[row]! < to.min[at]!) to.min[at] = own.min[row]!;
      if (isFirst || own.max[row]! > to.max[at]!) to.max[at] = own.max[row]!;
    }
  }
  return to;
}
