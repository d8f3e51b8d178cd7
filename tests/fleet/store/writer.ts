/*
 * What a manager does to its store, at full speed until it is killed: appends, seals, forgets, makes hours. Told of
 * are, a line each, how many samples of each agent the store has promised to keep. Sample n of an agent has time and
 * value n.
 */
import { writeSync } from "node:fs";
import { COLUMN_AT, noFigures } from "../../../fleet/model/column.ts";
import { openPostgres } from "../../../fleet/store/postgres/open.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { chunkOf, DAY, entry, HOUR } from "./support.ts";
import type { Rows } from "./support.ts";
import { AGENTS, readBack, STEP, UNIT } from "./written.ts";

const place = process.argv[2]!;
const store = await (place.includes("://") ? openPostgres(place) : openDirectory(place));
const known = await readBack(store);
const tails = new Map(AGENTS.map((agent) => [agent, known.open.get(agent)!]));
const counts = new Map(
  AGENTS.map((agent) => [agent, known.stored.get(agent)!.length + tails.get(agent)!.length]),
);
const sealedTo = new Map(AGENTS.map((agent) => [agent, known.stored.get(agent)!.at(-1) ?? null]));

for (let round = 1;; round++) {
  const entries = AGENTS.flatMap((agent) =>
    [0, 1].map(() => {
      const n = counts.get(agent)!;
      counts.set(agent, n + 1);
      tails.get(agent)!.push(n);
      return entry(UNIT, `${agent} ${n}`);
    })
  );
  const last = await store.append(entries);
  writeSync(1, `${JSON.stringify([...counts])}\n`);
  if (round % 4 !== 0) continue;
  const chunks = AGENTS.flatMap((agent) => {
    const days = Map.groupBy(tails.get(agent)!, (n) => Math.floor(n * STEP / (24 * HOUR)));
    return [...days.values()].map((own) => {
      const before = sealedTo.get(agent) ?? null;
      sealedTo.set(agent, own.at(-1)!);
      return chunkOf(agent, UNIT, rowsOf(agent, own), before);
    });
  });
  for (const own of tails.values()) own.length = 0;
  await store.seal(chunks, last, new Map());
  if (round % 8 === 0) await store.makeHours(DAY + Math.min(...counts.values()) * STEP);
  await store.forget(null, last);
}

function rowsOf(agent: number, own: readonly number[]): Rows {
  return own.map((n) => {
    const figures = noFigures();
    figures[COLUMN_AT.get("cpu_seconds")!] = n;
    return [agent, { time: DAY + n * STEP, figures, custom: null, begins: n === 0 }] as const;
  });
}
