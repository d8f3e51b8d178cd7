import { Command, InvalidArgumentError, Option } from "commander";
import { withSeconds } from "../../core/duration.ts";
import { EXIT } from "../../core/error.ts";
import { compileSoon } from "../../ffi/mod.ts";
import type { HostOptions } from "../../host/host.ts";
import type { SysmonConfig } from "../../host/sysmon/config.ts";
import { outputLost, printOut, say } from "../../io/terminal/output.ts";
import { readJson } from "../../io/read_json.ts";
import type { Platform } from "../../platform/mod.ts";
import { dropAfterStart } from "../drop_pages.ts";

interface SysmonFlags {
  config?: string;
  cache?: string;
  listen?: string;
  /** False after `--no-loopback`. */
  loopback: boolean;
  networkMounts?: boolean;
}

const VARIABLE = "PROCTOR_SYSMON_CACHE_DURATION";

const EXAMPLES = `
One JSON message per line on standard input and output: the broker's envelope,
or JSON-RPC 2.0. Ends when the input ends, or on SIGTERM. rpc.discover describes
every method; docs/sysmon.md has the rest.

Examples:
  echo '{"type":"request","id":"RPCGetMemoryInfo"}' | proctor sysmon
  echo '{"jsonrpc":"2.0","method":"RPCCPUUsage","id":1}' | proctor sysmon
  proctor sysmon --config config.json
  proctor sysmon --listen unix:/run/sysmon.sock
`;

/** `proctor sysmon`: the host's metrics as a service. */
export function sysmonCommand(end: (exitCode: number) => void): Command {
  return new Command("sysmon")
    .description("serve metrics of this machine over standard input and output")
    .option("--config <file>", "the broker's config.json, of which sysmon_cache_duration and others are read")
    .option(
      "--cache <duration>",
      `how long a reading is used again; 0 for not at all (default: ${VARIABLE}, or 1s)`,
    )
    .addOption(
      new Option("--listen <unix:path>", "serve many clients at a Unix socket instead").argParser(socketPath),
    )
    .option("--no-loopback", "leave the loopback out of the network's totals")
    .option("--network-mounts", "count file systems of other machines as disks, too")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: SysmonFlags) => end(await serve(flags)));
}

async function serve(flags: SysmonFlags): Promise<number> {
  const options = await hostOptions(flags);
  compileSoon();
  const [{ loadHostSource, loadPlatform }, { Host }, { Service }] = await Promise.all([
    import("../../platform/mod.ts"),
    import("../../host/host.ts"),
    import("../../host/sysmon/service.ts"),
  ]);
  const service = new Service(new Host(options, await loadHostSource()));
  const platform = await loadPlatform();
  const stopped = stopSignal(platform);
  dropAfterStart(platform.dropProgramPagesFinely);
  const { serveStdio } = await import("../../host/sysmon/serve_stdio.ts");
  if (flags.listen !== undefined) {
    const { serveSocket } = await import("../../host/sysmon/serve_socket.ts");
    await serveSocket(service, flags.listen, stopped, (line) => void printOut(`${line}\n`));
    return 0;
  }
  const ending = await serveStdio(service, platform, stopped);
  if (ending === "reader stuck") {
    say("sysmon: the reader of standard output does not take the last messages; they are lost");
    return EXIT.proctorFailed;
  }
  // A client that has closed its end has had enough; a full disk is told.
  if (ending instanceof Error && (ending as NodeJS.ErrnoException).code !== "EPIPE") outputLost(ending);
  return 0;
}

/** Aborted by the first signal that asks us to end; a second one ends us at once. */
function stopSignal(platform: Platform): AbortSignal {
  const abort = new AbortController();
  platform.onSignals(["SIGINT", "SIGTERM", "SIGHUP"], (signal) => {
    if (abort.signal.aborted) process.exit(EXIT.signalBase + platform.signalNumber(signal));
    abort.abort();
  });
  return abort.signal;
}

/** The option, before the variable, before the file. */
async function hostOptions(flags: SysmonFlags): Promise<HostOptions> {
  const { parseCacheDuration, parseConfig } = await import("../../host/sysmon/config.ts");
  const config: SysmonConfig = flags.config === undefined
    ? {}
    : parseConfig(readJson(flags.config, "config"), flags.config);
  const variable = process.env[VARIABLE];
  const cacheMs = flags.cache !== undefined
    ? parseCacheDuration(withSeconds(flags.cache), "--cache")
    : variable
    ? parseCacheDuration(variable, VARIABLE)
    : config.cacheMs;
  return {
    cacheMs,
    loopback: flags.loopback ? config.loopback : false,
    networkMounts: flags.networkMounts ?? config.networkMounts,
  };
}

function socketPath(text: string): string {
  const path = /^unix:(.+)$/s.exec(text)?.[1];
  if (path === undefined || path.includes("\0")) {
    throw new InvalidArgumentError("write the path of a socket after unix:, such as unix:/run/sysmon.sock");
  }
  return path;
}
