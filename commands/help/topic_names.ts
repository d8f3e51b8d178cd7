/** What `proctor help` shows beside verbs: what several of them share, told in one place. */
export const TOPICS: Readonly<Record<string, string>> = {
  exporters: "options of MQTT, Prometheus and OTLP",
  metrics: "names of metrics, for --metrics and --fail-if",
  units: "how durations, sizes and addresses are written",
  "exit-codes": "what the exit codes of each verb mean",
};

/** The exit codes, as the help of all and their own topic list them. */
export const EXIT_CODES = `Exit codes of run: the command's own; 128+N when signal N ended it; 124 on
timeout; 125 when proctor was misused or failed; 126 when the command cannot be
executed; 127 when there is no such command. Of every verb: not 0 when its
output could not be written (125; 2 of compare and top); 141 when the reader of
its output has closed the pipe, as in | head.
`;
