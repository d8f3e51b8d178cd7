import { capitalized, METRICS } from "../../core/measure/metrics.ts";
import type { CounterName, Metric } from "../../core/measure/metrics.ts";
import { RECORD_SCHEMA, VERSION } from "../../core/schema/version.ts";
import type { Board, ShownTask } from "./board.ts";

/** One value with the labels that tell it from its sisters. */
export interface LabelledValue {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric of the exposition: its values are computed on a scrape. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  values(board: Board): Iterable<LabelledValue>;
}

type Figure = number | null | undefined;

/** Everything that can be shown. Names: the key of the record, in base units, counters with `_total`. */
export const FAMILIES: readonly Family[] = [
  ...taskFamilies(),
  ...runFamilies(),
  ...exporterFamilies(),
  ...agentFamilies(),
];

function taskFamilies(): Family[] {
  return [
    {
      name: "proctor_task_info",
      help: "What a task is; always 1.",
      type: "gauge",
      *values(board) {
        for (const { labels, description } of board.tasks.values()) {
          const { name, command, pid, workload } = description ?? {};
          const told = { name: name ?? "", command: shortened(command ?? []), pid: String(pid ?? "") };
          // Left out where they are not known: for Prometheus that is the same as empty.
          yield { labels: { ...labels, ...told, ...workload }, value: 1 };
        }
      },
    },
    gauge("task_running", "1 while the task runs, 0 when it has ended or is no longer watched.", (task) => {
      return task.latest && Number(task.latest.state === "running");
    }),
    gauge("task_start_time_seconds", "Unix time: since when the task is counted.", (task) => {
      return task.startSeconds;
    }),
    ...METRICS.map(metricFamily),
    gauge("cpu_usage_max_ratio", "CPU: the highest share of one core so far.", ({ latest }) => {
      return scaled(latest?.aggregated.max_cpu_usage);
    }),
    gauge("memory_peak_bytes", "Memory: the most in use so far.", ({ latest }) => {
      return latest?.aggregated.max_memory_usage;
    }),
    gauge("processes", "Processes: alive at the moment of the sample.", ({ latest }) => {
      return latest?.metrics.process_count;
    }),
  ];
}

/** What only the end of a run tells. */
function runFamilies(): Family[] {
  return [
    {
      name: "proctor_run_outcome",
      help:
        "How the run ended: exited, signaled, oom_killed, timed_out, interrupted or failed_to_start; always 1.",
      type: "gauge",
      *values(board) {
        for (const { labels, summary } of board.tasks.values()) {
          if (summary) yield { labels: { ...labels, outcome: summary.outcome }, value: 1 };
        }
      },
    },
    gauge("run_exit_code", "Exit code of the command; absent when it had none.", ({ summary }) => {
      return summary?.exit_code;
    }),
    gauge("run_duration_seconds", "From the start of the run to its end.", ({ summary }) => {
      return summary?.wall_seconds;
    }),
    gauge("run_end_time_seconds", "Unix time of the end of the run.", ({ summary }) => {
      return summary && Date.parse(summary.timestamp) / 1_000;
    }),
  ];
}

function exporterFamilies(): Family[] {
  const of = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    key: "sent_count" | "dropped_count" | "failed_count" | "queued_count",
  ): Family => ({
    name: `proctor_exporter_${name}`,
    help,
    type,
    *values({ reports, agent }) {
      for (const { exporter, destination, ...counts } of reports()) {
        yield { labels: { exporter, destination, ...agent }, value: counts[key] };
      }
    },
  });
  return [
    of("sent_total", "counter", "Messages delivered.", "sent_count"),
    of(
      "dropped_total",
      "counter",
      "Messages dropped because a queue was full or time ran out.",
      "dropped_count",
    ),
    of("failed_total", "counter", "Attempts to deliver that failed.", "failed_count"),
    of("queued", "gauge", "Messages that wait.", "queued_count"),
  ];
}

/** Ourselves, and the machine. */
function agentFamilies(): Family[] {
  const own = (
    name: string,
    help: string,
    value: (board: Board) => Figure,
    type: "counter" | "gauge" = "gauge",
  ): Family => ({
    name: `proctor_${name}`,
    help,
    type,
    *values(board) {
      const figure = value(board);
      if (known(figure)) yield { labels: board.agent, value: figure };
    },
  });
  const load = (minutes: "1m" | "5m" | "15m") =>
    own(
      `host_load_${minutes}`,
      `Load average over ${minutes.slice(0, -1)} min.`,
      (board) => board.health?.host[`load_${minutes}`],
    );
  return [
    {
      name: "proctor_build_info",
      help: "The version of proctor and of its records; always 1.",
      type: "gauge",
      *values() {
        yield { labels: { version: VERSION, schema: RECORD_SCHEMA }, value: 1 };
      },
    },
    {
      name: "proctor_agent_info",
      help: "Which agent reports, independent of the host's name; always 1.",
      type: "gauge",
      *values({ agent, agentId }) {
        if (agentId !== null) yield { labels: { ...agent, agent_id: agentId }, value: 1 };
      },
    },
    own("agent_cpu_seconds_total", "CPU used by proctor itself.", ({ health }) => {
      return health?.agent.cpu_seconds;
    }, "counter"),
    own("agent_memory_bytes", "Memory that proctor itself uses.", ({ health }) => health?.agent.memory_bytes),
    own("agent_uptime_seconds", "Since when proctor runs.", ({ health }) => health?.agent.uptime_seconds),
    own("agent_tasks", "Tasks that are being watched.", ({ health }) => health?.agent.task_count),
    own("host_uptime_seconds", "Since when the machine runs.", ({ health }) => health?.host.uptime_seconds),
    own("host_cpu_usage_ratio", "CPU of the machine; 1 is all cores busy.", ({ health }) => {
      return scaled(health?.host.cpu_percent);
    }),
    own("host_memory_size_bytes", "Memory of the machine.", ({ health }) => health?.host.memory_total_bytes),
    own("host_memory_used_bytes", "Memory of the machine in use.", ({ health }) => {
      return health?.host.memory_used_bytes;
    }),
    load("1m"),
    load("5m"),
    load("15m"),
  ];
}

/** The family of a metric. */
export function metricFamily({ name, kind, unit, label, help }: Metric): Family {
  const text = `${capitalized(label)}: ${help}.`;
  const shown = familyName({ name, kind, unit });
  if (kind === "counter") {
    return ofTasks(shown, text, kind, ({ counters }) => counters.values[name as CounterName]);
  }
  const value = unit === "percent" ? scaled : (figure: Figure) => figure;
  return ofTasks(shown, text, kind, ({ latest }) => value(latest?.metrics[name]));
}

/** How a figure is called, without the prefix: percentages become ratios, and what is counted stands in the plural. */
export function familyName({ name, kind, unit }: Pick<Metric, "kind" | "unit"> & { name: string }): string {
  if (kind === "counter") return `${name}_total`;
  return unit === "percent" ? name.replace("percent", "usage_ratio") : name.replace(/_count$/, "s");
}

function gauge(name: string, help: string, value: (task: ShownTask) => Figure): Family {
  return ofTasks(name, help, "gauge", value);
}

function ofTasks(
  name: string,
  help: string,
  type: "counter" | "gauge",
  value: (task: ShownTask) => Figure,
): Family {
  return {
    name: `proctor_${name}`,
    help,
    type,
    *values(board) {
      for (const task of board.tasks.values()) {
        const figure = value(task);
        if (known(figure)) yield { labels: task.labels, value: figure };
      }
    },
  };
}

function known(figure: Figure): figure is number {
  return figure !== undefined && figure !== null;
}

/** A percentage as a ratio; without the digits that the division makes up. */
export function ratioOf(percent: number): number {
  return Number((percent / 100).toPrecision(12));
}

function scaled(percent: Figure): Figure {
  return known(percent) ? ratioOf(percent) : percent;
}

/** A label is stored with every series, so a command of any length cannot be one. */
function shortened(words: readonly string[]): string {
  const text = words.join(" ");
  return text.length > 256 ? `${text.slice(0, 255)}…` : text;
}
