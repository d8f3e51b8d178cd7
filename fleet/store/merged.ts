import { CorruptData } from "../chunk/byte_reader.ts";
import { mergeChunks } from "../chunk/merge.ts";

/** Merged chunks have no more rows, about: it takes 30 ms to make one, and nobody else has a turn meanwhile. */
const MOST_ROWS = 12_000;

/** A chunk as a store has it. */
export interface ChunkRow {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  readonly count: number;
  readonly data: Uint8Array;
}

/** A chunk that stands for others. */
export interface Merged extends Omit<ChunkRow, "id"> {
  readonly of: readonly number[];
}

/**
 * Chunks that stand for those of an agent and an hour, as far as that makes them fewer and smaller.
 * @param chunks in the order that they were sealed in
 */
export function* merged(chunks: readonly ChunkRow[]): Generator<Merged> {
  for (const some of together(chunks)) {
    if (some.length < 2) continue;
    const data = mergeOrLeave(some.map(({ data }) => data));
    if (data === null || data.length >= sum(some.map(({ data }) => data.length))) continue;
    yield {
      of: some.map(({ id }) => id),
      first: Math.min(...some.map(({ first }) => first)),
      last: Math.max(...some.map(({ last }) => last)),
      count: sum(some.map(({ count }) => count)),
      data,
    };
  }
}

/** One that cannot be read stays where it is: who asks for it gets to know that it is damaged. */
function mergeOrLeave(chunks: readonly Uint8Array[]): Uint8Array | null {
  try {
    return mergeChunks(chunks);
  } catch (error) {
    if (error instanceof CorruptData || error instanceof RangeError) return null;
    throw error;
  }
}

function together(chunks: readonly ChunkRow[]): ChunkRow[][] {
  const groups: ChunkRow[][] = [];
  let rows = Infinity;
  for (const chunk of chunks) {
    rows += chunk.count;
    if (rows > MOST_ROWS) {
      groups.push([]);
      rows = chunk.count;
    }
    groups.at(-1)!.push(chunk);
  }
  return groups;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
