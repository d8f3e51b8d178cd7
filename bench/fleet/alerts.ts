import { Evaluator } from "../../fleet/alert/evaluate/evaluator.ts";
import { needsOf } from "../../fleet/alert/evaluate/needs.ts";
import { FigureTable } from "../../fleet/alert/evaluate/table.ts";
import type { Rule } from "../../fleet/alert/rules/rule.ts";
import { ruleSchema, toRule } from "../../fleet/alert/rules/rule_schema.ts";
import { TestFleet } from "../../tests/fleet/support/alerts_fleet.ts";
import type { Bench, Table } from "../lib/result.ts";
import { seededRandom } from "../lib/seeded_random.ts";
import { median } from "../lib/statistics.ts";

const HOSTS = 10_000;
const TASKS_A_HOST = 10;
const START = Date.UTC(2026, 0, 5);
const STEP_MS = 10_000;

const rule = (given: object): Rule => toRule(ruleSchema.parse(given));
const numbered = (count: number, make: (at: number) => object) =>
  [...Array(count).keys()].map((at) => rule(make(at)));

/** Sets of rules, and what they are called. None of them fires: what is cheap has to be that everything is well. */
const SETS: Readonly<Record<string, readonly Rule[]>> = {
  "none": [],
  "100 thresholds": numbered(
    100,
    (at) => ({ alert: `r${at}`, of: "task", when: `cpu_percent > ${900 + at}` }),
  ),
  "100 of two thresholds": numbered(100, (at) => ({
    alert: `r${at}`,
    of: "task",
    when: `cpu_percent > ${900 + at} and memory_bytes / 2 > 1G`,
  })),
  "absence of hosts and tasks": [
    rule({ alert: "host", of: "host", when: "absent", for: "60s" }),
    rule({ alert: "task", of: "task", when: "absent", for: "60s" }),
  ],
  "10 averages over 5m": numbered(10, (at) => ({
    alert: `r${at}`,
    of: "task",
    when: `avg(cpu_percent, 5m) > ${900 + at}`,
  })),
  "one trend, one increase": [
    rule({ alert: "trend", of: "task", when: "trend(memory_bytes, 6h, in: 24h) > 900G" }),
    rule({ alert: "grown", of: "task", when: "increase(io_write_bytes, 1h) > 900G" }),
  ],
  "one anomaly, one outlier": [
    rule({ alert: "usual", of: "task", when: "anomaly(cpu_percent) > 900" }),
    rule({ alert: "peers", of: "task", when: "outlier(cpu_percent, by: target) > 900" }),
  ],
};

function fleetOf(hosts: number): TestFleet {
  const fleet = new TestFleet();
  for (let host = 0; host < hosts; host++) {
    const agent = fleet.addAgent(`host-${host}`, START, { channel: `c${host % 10}` });
    for (let task = 0; task < TASKS_A_HOST; task++) {
      fleet.addTask(agent, `task-${task}`, START, { target: `target-${task}` });
    }
  }
  return fleet;
}

/** What evaluating rules over a fleet costs, and what it adds to each sample. */
export const fleetAlerts: Bench = {
  about: "what rules over 100,000 tasks cost, each evaluation and each sample",
  run({ quick }) {
    const rounds = quick ? 5 : 21;
    const fleet = fleetOf(quick ? HOSTS / 10 : HOSTS);
    const tasks = [...fleet.tasks.values()];
    const random = seededRandom(1);
    let now = START;
    const feedAll = () => {
      now += STEP_MS;
      const from = performance.now();
      for (const task of tasks) {
        const cpu_percent = 20 + 60 * random();
        fleet.feed(task, now, { cpu_percent, memory_bytes: 1e8 * cpu_percent, io_write_bytes: now - START }, {
          io_write_bytes: STEP_MS,
        });
      }
      return performance.now() - from;
    };
    const rows: Table["rows"][number][] = [];
    let [feedAlone, thresholdsMs] = [NaN, NaN];
    for (const [name, rules] of Object.entries(SETS)) {
      const evaluator = new Evaluator(fleet, rules, [], now);
      const [feeds, evaluations]: [number[], number[]] = [[], []];
      for (let round = 0; round < rounds; round++) {
        feeds.push(feedAll());
        const from = performance.now();
        evaluator.evaluate(now);
        evaluations.push(performance.now() - from);
      }
      evaluator.close();
      const feedUs = 1_000 * median(feeds) / tasks.length;
      if (name === "none") feedAlone = feedUs;
      if (name === "100 thresholds") thresholdsMs = median(evaluations);
      const bytes = FigureTable.bytes(needsOf(rules), tasks.length + fleet.agents.size) / tasks.length;
      rows.push([name, median(evaluations), Math.min(...evaluations), feedUs - feedAlone, bytes]);
    }
    return Promise.resolve({
      tables: [{
        title: `${tasks.length} tasks on ${fleet.agents.size} hosts (${rounds} rounds)`,
        columns: [
          { name: "rules" },
          { name: "evaluation, median ms", digits: 1 },
          { name: "min ms", digits: 1 },
          { name: "added to a sample, µs", digits: 2 },
          { name: "bytes a task", digits: 0 },
        ],
        rows,
      }],
      checks: [{
        what: "100 thresholds, an evaluation, median",
        unit: "ms",
        measured: thresholdsMs,
        wanted_at_most: 100,
      }],
      notes: [
        "What is added to a sample is less what the fleet of the bench itself takes for it, without rules.",
      ],
    });
  },
};
