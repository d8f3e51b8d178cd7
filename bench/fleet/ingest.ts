import type { Bench, Table } from "../lib/result.ts";
import { measureRounds } from "../lib/rounds.ts";
import type { Subject } from "../lib/rounds.ts";
import { runScript, RUNTIMES } from "../lib/runtimes.ts";
import { medianRatio, spread } from "../lib/statistics.ts";

/** What is taken in, how many messages a payload has, and what of the same run it is held against. */
const WAYS = {
  single: { about: "one message", count: 1, base: "single_parse" },
  single_parse: { about: "one message: JSON.parse alone", count: 1, base: "single_parse" },
  single_schema: { about: "one message: JSON.parse and the schema (zod)", count: 1, base: "single_parse" },
  single_gzip: { about: "one message in gzip", count: 1, base: "single_parse" },
  array: { about: "an array of ten", count: 10, base: "single_parse" },
  array_gzip: { about: "an array of ten in gzip", count: 10, base: "array_gzip_parse" },
  array_gzip_parse: { about: "… gunzip and JSON.parse alone", count: 10, base: "array_gzip_parse" },
  array_gzip_schema: { about: "… and the schema (zod)", count: 10, base: "array_gzip_parse" },
  array_gzip_admitted: { about: "… by the door: with admission", count: 10, base: "array_gzip_parse" },
  array_zstd: { about: "an array of ten in zstd", count: 10, base: "array_gzip_parse" },
};
const MESSAGES_A_BATCH = 5_000;

/** What it costs a manager to take in the messages of its agents. */
export const fleetIngest: Bench = {
  about: "what taking in a task's message costs a manager, against JSON.parse alone and the schema",
  async run({ quick }) {
    const rounds = quick ? 5 : 21;
    const name = (way: string, runtime: string) => `${way}, ${runtime}`;
    const subjects = RUNTIMES.flatMap((runtime) =>
      Object.entries(WAYS).map(([way, { count }]): Subject => ({
        name: name(way, runtime),
        command: runScript(runtime, "bench/fleet/read_messages.ts", way),
        batch: MESSAGES_A_BATCH / count,
      }))
    );
    const measured = await measureRounds(subjects, rounds);
    const each = (way: keyof typeof WAYS, runtime: string) =>
      measured.get(name(way, runtime))!.map((us) => us / WAYS[way].count);
    const rows = Object.entries(WAYS).flatMap(([way, { about, base }]) =>
      RUNTIMES.map((runtime): Table["rows"][number] => {
        const us = each(way as keyof typeof WAYS, runtime);
        return [
          `${about}, ${runtime}`,
          ...spread(us),
          medianRatio(us, each(base as keyof typeof WAYS, runtime)),
        ];
      })
    );
    return {
      tables: [{
        title: `a message of a task (${rounds} rounds)`,
        columns: [
          { name: "what" },
          ...["median µs", "min", "max"].map((name) => ({ name, digits: 2 })),
          { name: "÷ JSON.parse", digits: 2 },
        ],
        rows,
      }],
      checks: [
        {
          what: "an array of ten in gzip, of each message, Bun, the least of all rounds",
          unit: "µs",
          measured: Math.min(...each("array_gzip", "Bun")),
          wanted_at_most: 2.5,
        },
        {
          what: "the same, against gunzip and the schema, of each round",
          unit: "×",
          measured: medianRatio(each("array_gzip", "Bun"), each("array_gzip_schema", "Bun")),
          wanted_at_most: 0.67,
        },
      ],
      notes: [
        "÷ JSON.parse: of the same payload, gunzip included where it is packed; of one message where it is plain.",
      ],
    };
  },
};
