import { LineProcess } from "./lib/line_process.ts";
import type { Bench, Table } from "./lib/result.ts";
import { measureRounds } from "./lib/rounds.ts";
import type { Subject } from "./lib/rounds.ts";
import { runScript, RUNTIMES } from "./lib/runtimes.ts";
import { medianRatio, spread } from "./lib/statistics.ts";

/** What one message costs, and how many there are in a batch. */
const MESSAGES = {
  json: { about: "JSON.stringify, nothing else", batch: 5_000 },
  prometheus: { about: "Prometheus: taken in", batch: 5_000 },
  prometheus_by_hand: { about: "prom-client: 18 gauges set by hand", batch: 5_000 },
  otlp_protobuf: { about: "OTLP, protobuf: delivered", batch: 500 },
  otlp_json: { about: "OTLP, JSON: delivered", batch: 500 },
};

/** What one scrape of 500 tasks costs. */
const SCRAPES = {
  scrape_text: { about: "text, 22 metrics of each task", batch: 3 },
  scrape_openmetrics: { about: "OpenMetrics, 22 metrics of each task", batch: 3 },
  scrape_by_hand: { about: "prom-client: text, 18 gauges set by hand", batch: 3 },
};

/** What the exporters cost, message by message and scrape by scrape. */
export const exporters: Bench = {
  about: "what a message and a scrape cost with the exporters, against JSON.stringify and prom-client",
  async run({ quick }) {
    const rounds = quick ? 5 : 21;
    const collector = new LineProcess(runScript("Bun", "bench/take_requests.ts"));
    try {
      const url = await collector.line();
      const table = async (
        ways: Record<string, { about: string; batch: number }>,
        title: string,
        unit: number,
        digits: number,
        base: string,
      ): Promise<Table> => {
        const name = (way: string, runtime: string) => `${way}, ${runtime}`;
        const subjects = Object.entries(ways).flatMap(([way, { batch }]): Subject[] =>
          RUNTIMES.map((runtime) => ({
            name: name(way, runtime),
            command: runScript(runtime, "bench/feed_exporter.ts", way, url),
            batch,
          }))
        );
        const measured = await measureRounds(subjects, rounds);
        const rows = Object.entries(ways).flatMap(([way, { about }]) =>
          RUNTIMES.map((runtime): Table["rows"][number] => {
            const us = measured.get(name(way, runtime))!;
            const against = measured.get(name(base, runtime))!;
            return [
              `${about}, ${runtime}`,
              ...spread(us).map((value) => value / unit),
              medianRatio(us, against),
            ];
          })
        );
        const columns = [
          { name: "what" },
          ...["median", "min", "max"].map((name) => ({
            name: `${name} ${unit === 1 ? "µs" : "ms"}`,
            digits,
          })),
          { name: `÷ ${base === "json" ? "JSON.stringify" : "by hand"}`, digits: 2 },
        ];
        return { title: `${title} (${rounds} rounds)`, columns, rows };
      };
      return {
        tables: [
          await table(MESSAGES, "one message", 1, 2, "json"),
          await table(SCRAPES, "one scrape of 500 tasks", 1_000, 1, "scrape_by_hand"),
        ],
        checks: [],
        notes: [
          "Delivered: opened, encoded, sent to a collector in another process, acknowledged, closed; 500 messages each time.",
        ],
      };
    } finally {
      await collector.kill();
    }
  },
};
