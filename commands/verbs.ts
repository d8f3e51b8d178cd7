import type { Command } from "commander";
import { commandOf } from "./options/commander_table.ts";
import type { VerbTable } from "./options/option_table.ts";

/** What verbs are for, by which the help of all lists them. */
type Purpose = "Measure" | "See" | "Keep running" | "Many hosts" | "Set up";

/** A verb of the command line. */
export interface Verb {
  readonly purpose: Purpose;
  /** Its options and arguments, as the help of all names them. */
  readonly words: string;
  /** What the help of all says of it; a test compares both with what the verb itself says. */
  readonly description: string;
  /** Loads it; the command tells its exit code to `end`. */
  load(): Promise<(end: (exitCode: number) => void) => Command>;
}

const tabled = <Flags>(verb: VerbTable<Flags>) => (end: (exitCode: number) => void) => commandOf(verb, end);

/**
 * Every verb but completion, in the order of the help. Each is loaded only where it is wanted, and none for the help of
 * all, so that a command starts soon.
 */
export const VERBS: Readonly<Record<string, Verb>> = {
  run: {
    purpose: "Measure",
    words: "[options] [command...]",
    description: "run a command and report what its whole process tree cost",
    load: async () => tabled((await import("./run/run.ts")).RUN),
  },
  attach: {
    purpose: "Measure",
    words: "[options] <pid|name>",
    description: "watch a process tree that already runs",
    load: async () => tabled((await import("./run/attach.ts")).ATTACH),
  },
  watch: {
    purpose: "See",
    words: "[options]",
    description: "watch processes that others have started, as they come and go",
    load: async () => (await import("./watch/watch.ts")).watchCommand,
  },
  top: {
    purpose: "See",
    words: "[options] [pids...]",
    description: "watch processes live: proctor's groups and all others, as trees",
    load: async () => (await import("./top/top.ts")).topCommand,
  },
  compare: {
    purpose: "Measure",
    words: "[options] [files...]",
    description: "compare runs, or sets of repeated runs",
    load: async () => (await import("./compare/compare.ts")).compareCommand,
  },
  report: {
    purpose: "Measure",
    words: "[options] <records...>",
    description: "make a page of charts from records: one HTML file to open, send and keep",
    load: async () => (await import("./report/report.ts")).reportCommand,
  },
  plot: {
    purpose: "Measure",
    words: "[options] <records...>",
    description: "plot records in the terminal, or as an SVG or PNG picture",
    load: async () => (await import("./report/plot.ts")).plotCommand,
  },
  supervise: {
    purpose: "Keep running",
    words: "[options] [command...]",
    description: "keep processes running as a configuration says, or one command",
    load: async () => (await import("./supervise/supervise.ts")).superviseCommand,
  },
  init: {
    purpose: "Keep running",
    words: "[file]",
    description: "write a commented configuration for supervise, asking nothing",
    load: async () => (await import("./supervise/init.ts")).initCommand,
  },
  import: {
    purpose: "Keep running",
    words: "[options] <file>",
    description: "make a configuration for supervise of a Procfile, supervisord.conf, unit or compose file",
    load: async () => (await import("./supervise/import.ts")).importCommand,
  },
  ctl: {
    purpose: "Keep running",
    words: "[options]",
    description: "query and control a running supervisor",
    load: async () => (await import("./ctl/ctl.ts")).ctlCommand,
  },
  manager: {
    purpose: "Many hosts",
    words: "[options]",
    description: "keep and serve what the agents of many hosts publish",
    load: async () => (await import("./manager/manager.ts")).managerCommand,
  },
  host: {
    purpose: "See",
    words: "[options] [part]",
    description: "show the machine: CPU, memory, disks, network and more",
    load: async () => (await import("./host/host.ts")).hostCommand,
  },
  sysmon: {
    purpose: "See",
    words: "[options]",
    description: "serve metrics of this machine over standard input and output",
    load: async () => (await import("./host/sysmon.ts")).sysmonCommand,
  },
  profiles: {
    purpose: "Set up",
    words: "[options] [name]",
    description: "list the monitoring profiles, or show one",
    load: async () => (await import("./profiles.ts")).profilesCommand,
  },
  doctor: {
    purpose: "Set up",
    words: "[options]",
    description: "say what this machine allows, and how to get more",
    load: async () => (await import("./doctor/doctor.ts")).doctorCommand,
  },
  "self-check": {
    purpose: "Set up",
    words: "[options]",
    description: "verify that this program works on this machine",
    load: async () => (await import("./self_check/self_check.ts")).selfCheckCommand,
  },
  schema: {
    purpose: "Set up",
    words: "[options]",
    description:
      "print the JSON Schema of the records, or of the messages of tasks, their processes, health and presence",
    load: async () => (await import("./schema.ts")).schemaCommand,
  },
};

/** What the help of all says of the verb that knows all others. */
export const COMPLETION: Omit<Verb, "load"> = {
  purpose: "Set up",
  words: "<shell>",
  description: "print a completion script for a shell",
};
