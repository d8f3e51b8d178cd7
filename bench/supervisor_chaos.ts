import { chaos } from "./lib/chaos.ts";
import type { Bench, BenchResult } from "./lib/result.ts";

const COUNT = 30;

/** The supervisor and what it keeps running, killed at random. */
export const supervisorChaos: Bench = {
  about: "the supervisor and thirty processes killed at random: what is doubled, lost and left over",
  async run({ quick }): Promise<BenchResult> {
    const report = await chaos(COUNT, quick ? 100 : 500);
    const { lostLines, doubledLines, disorderedLines, notOnce, leftOver } = report;
    const told: [name: string, value: number][] = [
      ["kills", report.kills],
      ["of the supervisor", report.supervisorKills],
      ["lives begun", report.lives],
      ["lines logged", report.lines],
      ["not running once", notOnce],
      ["lines lost", lostLines],
      ["lines doubled", doubledLines],
      ["lines out of order", disorderedLines],
      ["left over", leftOver],
    ];
    const columns = told.map(([name]) => ({ name }));
    const row = told.map(([, value]) => value);
    const check = (what: string, measured: number) => ({ what, unit: "", measured, wanted_at_most: 0 });
    return {
      tables: [{ title: `${COUNT} processes that write a line each 50 ms`, columns, rows: [row] }],
      checks: [
        check("processes not running exactly once", notOnce),
        check("lines lost, doubled or out of order", lostLines + doubledLines + disorderedLines),
        check("left over", leftOver),
      ],
      notes: [],
    };
  },
};
