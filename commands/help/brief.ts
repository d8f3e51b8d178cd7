/** What `-h` shows of a verb whose whole help is longer than a screen. */
export interface Brief {
  /** The options that most people want, by their long names, in this order. */
  readonly options: readonly string[];
  /** A line or two before the examples. */
  readonly note?: string;
  readonly examples: string;
}

/** Of verbs; those that are not here have a whole help that fits a screen. A test compares both. */
export const BRIEFS: Readonly<Record<string, Brief>> = {
  run: {
    options: [
      "--records",
      "--report",
      "--summary-file",
      "--processes",
      "--interval",
      "--metrics",
      "--timeout",
      "--limit-memory",
      "--limit-cpu",
      "--repeat",
      "--prometheus",
      "--mqtt",
      "--otlp",
      "--quiet",
    ],
    examples: `Examples:
  proctor run -- make -j4
  proctor run --records run.jsonl --processes -- npm ci
  proctor run --repeat 10 --warmup 1 --records runs.jsonl -- make -B
`,
  },
  attach: {
    options: [
      "--duration",
      "--records",
      "--report",
      "--summary-file",
      "--processes",
      "--interval",
      "--metrics",
      "--prometheus",
      "--mqtt",
      "--otlp",
      "--quiet",
    ],
    examples: `Examples:
  proctor attach 4711 --duration 30
  proctor attach nginx --report nginx.html
`,
  },
  watch: {
    options: [
      "--name",
      "--command-line",
      "--user",
      "--container",
      "--unit",
      "--port",
      "--interval",
      "--records",
      "--config",
      "--check",
      "--prometheus",
      "--mqtt",
      "--otlp",
    ],
    examples: `Examples:
  proctor watch --name nginx --interval 5
  proctor watch --unit web --prometheus :9464
`,
  },
  top: {
    options: ["--sort", "--filter", "--interval", "--view", "--io", "--network", "--batch", "--json"],
    examples: `Keys: arrows move; Enter shows details; s sorts; / filters; ? lists all; q quits

Examples:
  proctor top
  proctor top --sort memory --filter postgres
`,
  },
  compare: {
    options: ["--metrics", "--fail-if", "--format", "--output", "--report"],
    note: "proctor help metrics lists the names of metrics.",
    examples: `Examples:
  proctor run --repeat 10 --records before.jsonl -- make -B
  proctor compare before.jsonl after.jsonl
  proctor compare before.jsonl after.jsonl --fail-if 'wall > +5% significantly'
`,
  },
  supervise: {
    options: [
      "--config",
      "--check",
      "--detach",
      "--tui",
      "--only",
      "--web",
      "--state-dir",
      "--quiet",
      "--prometheus",
      "--mqtt",
      "--otlp",
    ],
    examples: `Examples:
  proctor init && proctor supervise            write a configuration, and run it
  proctor supervise -- ./server --port 8080    one command, without a file
  proctor supervise --config a.yaml --check    all faults, with line and column
`,
  },
  ctl: {
    options: ["--json", "--socket", "--url"],
    examples: `Examples:
  proctor ctl status
  proctor ctl restart web
  proctor ctl logs -f web --since 10m
`,
  },
  manager: {
    options: ["--mqtt", "--store", "--http", "--config", "--check", "--remote-write"],
    examples: `Examples:
  proctor manager --mqtt mqtt://localhost
  proctor manager --mqtt mqtts://broker --mqtt-user manager --store /srv/fleet
`,
  },
};

/** Of proctor itself. */
export const BRIEF_EXAMPLES = `Examples:
  proctor run -- make -j4
  proctor watch --name nginx --interval 5
`;
