import { decodeChunk } from "../../../fleet/chunk/chunk.ts";
import type { Store } from "../../../fleet/store/contract.ts";
import { all, DAY, HOUR } from "./support.ts";

/** Who writes. */
export const AGENTS = [1, 2, 3];
export const UNIT = "a/b";
/** So long after the sample before: a few rounds are a day, so that seals are of several files. */
export const STEP = 40 * 60_000;

const DAYS = 400;

/** What a store holds of each agent: in chunks, and, by the rule of replays, in the journal alone. */
export interface Written {
  readonly stored: ReadonlyMap<number, number[]>;
  readonly open: ReadonlyMap<number, number[]>;
}

/** Read a store back as a manager does that starts anew. */
export async function readBack(store: Store): Promise<Written> {
  const stored = new Map<number, number[]>();
  for (const agent of AGENTS) {
    const chunks = await store.chunks(agent, DAY, DAY + DAYS * 24 * HOUR);
    const samples = chunks.flatMap(({ data }) => [...decodeChunk(data).values()].flat());
    stored.set(agent, samples.map(({ time }) => (time - DAY) / STEP));
  }
  const open = new Map<number, number[]>(AGENTS.map((agent) => [agent, []]));
  const sealed = new Map<number, ReadonlyMap<number, number>>();
  for (const { sequence, payload } of await all(store.replay(null))) {
    const [agent, n] = new TextDecoder().decode(payload).split(" ").map(Number);
    const day = Math.floor((DAY + n! * STEP) / (24 * HOUR)) * 24 * HOUR;
    if (!sealed.has(day)) sealed.set(day, await store.sealed(day));
    if (sequence <= (sealed.get(day)!.get(agent!) ?? 0)) continue;
    open.get(agent!)!.push(n!);
  }
  return { stored, open };
}
