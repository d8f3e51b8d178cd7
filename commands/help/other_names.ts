/** What is asked for by an option of another verb, or of a program that does the like, and how it is asked for here. */
const MEASURE: Record<string, string> = {
  "--json": "for the summary as JSON, write --summary json; for samples, --records FILE",
  "-o": "for the summary, write --summary-file FILE; for samples, --records FILE",
  "--output": "for the summary, write --summary-file FILE; for samples, --records FILE",
  "-f": "for the summary as JSON, write --summary json",
  "-v": "the summary says all of it; for samples, write --records FILE",
  "--verbose": "the summary says all of it; for samples, write --records FILE",
};

const OTHER_NAMES: Record<string, Record<string, string>> = {
  run: {
    ...MEASURE,
    "-r": "to run it that often, write --repeat NUMBER",
    "--runs": "to run it that often, write --repeat NUMBER",
    "-N": "no shell is used, but for --command TEXT",
    "--shell": "no shell is used, but for --command TEXT",
    "--memory": "to bound it, write --limit-memory SIZE",
    "--memlimit": "to bound it, write --limit-memory SIZE",
    "--cpus": "to bound it, write --limit-cpu CORES",
    "--timelimit": "to bound it, write --timeout DURATION",
    "--walltimelimit": "to bound it, write --timeout DURATION",
  },
  attach: { ...MEASURE, "--timeout": "to end after a while, write --duration DURATION" },
  watch: { "--json": "for JSON lines, write --records -" },
  top: { "-d": "write --interval DURATION", "-p": "write the process IDs as they are: proctor top PID" },
  compare: { "--json": "write --format json" },
  supervise: {
    "-c": "write --config FILE",
    "-f": "it stays in the foreground unless --detach is there",
    "-n": "it stays in the foreground unless --detach is there",
    "--foreground": "it stays in the foreground unless --detach is there",
    "--nodaemon": "it stays in the foreground unless --detach is there",
    "-d": "to leave it running, write --detach",
    "--daemon": "to leave it running, write --detach",
    "--background": "to leave it running, write --detach",
  },
  ctl: { "-c": "the supervisor is found by --socket, --state-dir or --url" },
  manager: {
    "--broker": "write --mqtt URL",
    "--data": "write --store DIR",
    "--port": "write --http HOST:PORT",
    "--listen": "write --http HOST:PORT",
  },
};

/** What would be right instead of an option that a verb does not have, where its name is known; null else. */
export function meantByOption(verb: string | undefined, option: string): string | null {
  const names = verb !== undefined && Object.hasOwn(OTHER_NAMES, verb) ? OTHER_NAMES[verb] : {};
  return Object.hasOwn(names, option) ? names[option] : null;
}

/** Every verb, an option that it does not have, and what is said of it. */
export function* otherNames(): Generator<{ verb: string; option: string; meant: string }> {
  for (const [verb, names] of Object.entries(OTHER_NAMES)) {
    for (const [option, meant] of Object.entries(names)) yield { verb, option, meant };
  }
}
