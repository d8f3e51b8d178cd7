import type { ProcessReader } from "../platform/mod.ts";

/** The sum of what is known; NaN when there are members and none is known. */
export function sumColumn(members: readonly ProcessReader[], column: number): number {
  let sum = 0;
  let known = members.length === 0;
  for (let index = 0; index < members.length; index++) {
    const value = members[index].row[column];
    if (value !== value) continue;
    sum += value;
    known = true;
  }
  return known ? sum : NaN;
}

/** The largest of what is known; NaN when none is. */
export function maxColumn(members: readonly ProcessReader[], column: number): number {
  let max = NaN;
  for (let index = 0; index < members.length; index++) {
    const value = members[index].row[column];
    if (!(value <= max)) max = Number.isNaN(value) ? max : value;
  }
  return max;
}
