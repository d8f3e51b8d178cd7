import { Command } from "commander";
import { QUANTITIES, QUANTITY_NAMES } from "../../core/compare/quantity.ts";
import { METRIC_GROUPS, METRICS } from "../../core/measure/metrics.ts";
import { addOptions } from "../options/commander_table.ts";
import { exportOptions } from "../options/export_options.ts";
import type { OptionRow } from "../options/option_table.ts";
import { EXIT_CODES } from "./topic_names.ts";

/** Columns of a screen that everybody has. */
const COLUMNS = 80;

/** The text of each topic. */
const TEXTS: Readonly<Record<string, () => string>> = {
  exporters: exportersTopic,
  metrics: metricsTopic,
  units: unitsTopic,
  "exit-codes": exitCodesTopic,
};

/** What `proctor help TOPIC` prints. */
export function topicText(topic: string): string {
  return TEXTS[topic]();
}

/** The headings of the exporters' options, each with the beginnings of those that stand under it. */
const HEADINGS: readonly (readonly [heading: string, beginnings: readonly string[]])[] = [
  ["MQTT:", ["--mqtt", "--topic", "--domain", "--channel"]],
  ["Who reports:", ["--instance", "--proplet", "--agent", "--task"]],
  ["Prometheus:", ["--prometheus"]],
  ["OTLP:", ["--otlp"]],
];

function exportersTopic(): string {
  const command = new Command("exporters").helpOption(false).configureHelp({ helpWidth: COLUMNS });
  const rows = exportOptions();
  const under = ([heading, beginnings]: (typeof HEADINGS)[number]): OptionRow[] =>
    rows.filter(({ flags }) => beginnings.some((beginning) => flags.startsWith(beginning)))
      .map((row) => ({ ...row, group: heading }));
  const help = addOptions(command, HEADINGS.flatMap(under)).helpInformation();
  return `proctor run, attach, watch and supervise send what they measure to any number
of destinations at once. A destination that fails neither delays a run nor
changes its exit code. In YAML files the same keys have underscores: mqtt_qos.

${help.slice(help.indexOf("MQTT:"))}
watch takes its task IDs as a template (proctor watch --help), and has no
--otlp-processes. supervise has no --task-id, --otlp-propagate,
--otlp-processes, --mqtt-control and --mqtt-control-interval.

Examples:
  proctor run --mqtt mqtt://localhost -- ./job
  proctor run --mqtt mqtts://broker --mqtt-topic-prefix factory/edge -- ./job
  proctor watch --unit nginx --prometheus :9464
  proctor attach 4711 --prometheus-textfile /srv/node/db.prom
  proctor run --otlp http://localhost:4318 --otlp-propagate -- make
  proctor supervise --otlp env
`;
}

function metricsTopic(): string {
  const sampled = METRICS.map(({ name, label }) => `  ${name.padEnd(30)}${label}`);
  const totals = QUANTITY_NAMES.map((name) => `  ${name.padEnd(30)}${QUANTITIES[name].label}`);
  return `run, attach: --metrics LIST. plot: --show LIST. compare: --metrics LIST, and
--fail-if CONDITION. Write names or labels, with a unit or without one, or a
short name: cpu, memory, pss, disk, io, network, threads, fds, faults, switches;
of a whole run also wall, user, system, rss, processes, throttled.

Groups of profiles, as --metrics takes them:
${wrapped(Object.keys(METRIC_GROUPS))}

Metrics of a sample:
${sampled.join("\n")}

Totals of a run:
${totals.join("\n")}

Examples:
  proctor run --metrics cpu,memory,fds -- make
  proctor compare before.jsonl after.jsonl --metrics wall,rss
  proctor compare before.jsonl after.jsonl --fail-if 'wall > +5%'
`;
}

function unitsTopic(): string {
  return `Durations   250ms, 1.5s, 2m, 1h; a bare number is seconds, as for timeout(1).
            In YAML files a unit is required.
Sizes       512M, 1.5G, 65536B. K, M, G, T and KiB, MiB, GiB, TiB are powers of
            1024; kB, MB, GB, TB are powers of 1000.
CPU         cores: 1.5. Shares of CPU in figures: 100 % is one core.
Addresses   127.0.0.1:9464, [::1]:9464, unix:/path. :9464 is 127.0.0.1:9464, on
            the loopback interface; write 0.0.0.0:9464 to serve other machines.
Outputs     a file; - is standard output; fd:3 is a descriptor that proctor was
            given (handle:N on Windows).
Times       of logs and events: a duration before now, or 2026-01-31T12:00:00Z.

Examples:
  proctor run --timeout 5 --limit-memory 1GB -- ./job
  proctor watch --name nginx --interval 500ms --prometheus :9464
`;
}

function exitCodesTopic(): string {
  return `${EXIT_CODES}
compare     0; 1 when a condition of --fail-if holds; 2 when one cannot be
            decided, and on misuse
self-check  0 when proctor works on this machine; 1 when a check fails
ctl         0; 1 when the supervisor refuses; 125 on misuse
all others  0; 125 on misuse and failure

Examples:
  proctor run --timeout 5m -- ./test.sh || echo "exit code $?"
  proctor compare before.jsonl after.jsonl --fail-if 'wall > +10%' || exit
`;
}

function wrapped(words: readonly string[]): string {
  const lines = ["  "];
  for (const word of words) {
    if (lines.at(-1)!.length + word.length + 2 > COLUMNS) lines.push("  ");
    lines[lines.length - 1] += `${word}, `;
  }
  return lines.join("\n").replaceAll(/,? +$/gm, "").replace(/,$/, "");
}
