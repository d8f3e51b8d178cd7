/**
 * proctor and its peers, each keeping one service running with its log in a file; started, told to stop it, and
 * ended.
 */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { proctorBinary } from "./binary.ts";

/** What is to be kept running, and where. */
export interface PeerTask {
  /** For the configuration. */
  readonly directory: string;
  /** For state, sockets and PID files; it may be on a small disk. */
  readonly state: string;
  /** The file for the service's output, on the same disk. */
  readonly log: string;
  /** Program, by its whole path, and arguments. */
  readonly command: readonly string[];
  /** What the service is given to end by itself. */
  readonly graceSeconds: number;
}

/** One that was started. */
export interface StartedPeer {
  /** The supervisor itself; null when there is none, or none any more. */
  pid(): number | null;
  /** Have the service stopped, as a person would; done when the command says so. */
  stopService(): void;
  /** End it, with all it runs; resolves when it says that it has. */
  stop(): Promise<void>;
}

/** One of them, and how it is started. */
export interface Peer {
  readonly name: string;
  /** Why it cannot be tried here; null when it can. */
  obstacle(): string | null;
  /** What it says its version is. */
  version(): string;
  start(task: PeerTask): StartedPeer;
}

/** The time a command of a peer gets: some wait for ever. */
const COMMAND_MS = 20_000;

const proctor: Peer = {
  name: "proctor",
  obstacle: () => null,
  version: () => said(proctorBinary(), "--version"),
  start({ directory, state, log, command, graceSeconds }) {
    const [executable, ...words] = command;
    const outputs = {
      combined: [{ type: "file", path: log, format: "plain", rotation: { enabled: false } }],
    };
    const control = {
      executable,
      arguments: words,
      restart_policy: "always",
      graceful_timeout: `${graceSeconds}s`,
      context_aware_restart: { retry_delay: "0s", max_retries: "unlimited" },
      log_collection: { outputs },
    };
    const config = join(directory, "proctor.json");
    const process_manager = { log_level: "error" };
    const managed_processes = [{ id: "one", management: { control } }];
    writeFileSync(config, JSON.stringify({ process_manager, managed_processes }));
    const child = daemon(proctorBinary(), ["supervise", "--config", config, "--state-dir", state]);
    const ctl = ["ctl", "--socket", join(state, "proctor.sock")];
    return { ...child, stopService: () => run(proctorBinary(), [...ctl, "stop", "one"]) };
  },
};

const SUPERVISORD = "/usr/bin/supervisord";

const supervisord: Peer = {
  name: "supervisord",
  obstacle: () => existsSync(SUPERVISORD) ? null : "Debian's package supervisor is not installed",
  version: () => said(SUPERVISORD, "--version"),
  start({ directory, state, log, command, graceSeconds }) {
    const socket = join(state, "s.sock");
    const config = join(directory, "supervisord.conf");
    writeFileSync(
      config,
      `[unix_http_server]\nfile=${socket}\n[supervisord]\nnodaemon=true\nuser=root\n` +
        `logfile=${state}/supervisord.log\nchildlogdir=${state}\npidfile=${state}/supervisord.pid\n` +
        `[rpcinterface:supervisor]\n` +
        `supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n` +
        `[supervisorctl]\nserverurl=unix://${socket}\n[program:one]\ncommand=${command.join(" ")}\n` +
        `autorestart=true\nstartsecs=0\nstartretries=1000000\nstopwaitsecs=${graceSeconds}\n` +
        // As strict as it can be: a signal goes to the whole process group.
        `stopasgroup=true\nkillasgroup=true\nredirect_stderr=true\nstdout_logfile=${log}\nstdout_logfile_maxbytes=0\n`,
    );
    const child = daemon(SUPERVISORD, ["-c", config]);
    return {
      ...child,
      stopService: () => run("/usr/bin/supervisorctl", ["-c", config, "stop", "one"]),
    };
  },
};

const pm2: Peer = {
  name: "pm2",
  obstacle: () => findPm2() === null ? "npm's package pm2 is not on the PATH" : null,
  // Asked itself, it would leave a daemon behind.
  version: () => {
    const manifest = join(dirname(realpathSync(findPm2()!)), "../package.json");
    return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
  },
  start({ directory, state, log, command, graceSeconds }) {
    const home = join(state, "pm2");
    mkdirSync(home, { recursive: true });
    const [script, ...args] = command;
    const app = {
      name: "one",
      script,
      args,
      interpreter: "none",
      out_file: log,
      error_file: log,
      merge_logs: true,
      kill_timeout: graceSeconds * 1_000,
      min_uptime: 0,
      max_restarts: 1_000_000,
    };
    const config = join(directory, "ecosystem.json");
    writeFileSync(config, JSON.stringify({ apps: [app] }));
    const env = quietPm2(home);
    // It leaves a daemon behind, and ends.
    const starting = daemon("pm2", ["start", config], env);
    return {
      pid: () => {
        const path = join(home, "pm2.pid");
        const pid = existsSync(path) ? Number(readFileSync(path, "utf8")) : NaN;
        return pid > 0 && existsSync(`/proc/${pid}`) ? pid : null;
      },
      stopService: () => run("pm2", ["stop", "one"], env),
      stop: async () => {
        await starting.within();
        run("pm2", ["kill"], env);
      },
    };
  },
};

const processCompose: Peer = {
  name: "process-compose",
  obstacle: () => "neither Debian 12 nor npm has a package of it",
  version: () => "",
  start: () => {
    throw new Error("process-compose cannot be started: nothing is known of it here");
  },
};

/** All that are compared. */
export const PEERS: readonly Peer[] = [proctor, supervisord, pm2, processCompose];

function findPm2(): string | null {
  const places = (process.env.PATH ?? "").split(delimiter).map((directory) => join(directory, "pm2"));
  return places.find((path) => existsSync(path)) ?? null;
}

function quietPm2(home: string): NodeJS.ProcessEnv {
  return { ...process.env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: "true", PM2_DISCRETE_MODE: "true" };
}

function daemon(command: string, words: readonly string[], env?: NodeJS.ProcessEnv) {
  const child: ChildProcess = spawn(command, words, { stdio: "ignore", env: env ?? process.env });
  const ended = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });
  const isThere = () => child.exitCode === null && child.signalCode === null;
  const within = async () => {
    const patience = setTimeout(() => child.kill("SIGKILL"), COMMAND_MS);
    await ended;
    clearTimeout(patience);
  };
  return {
    /** Resolves when it has ended, or was killed because it did not. */
    within,
    pid: () => isThere() ? child.pid ?? null : null,
    stop: async () => {
      if (isThere()) child.kill("SIGTERM");
      await within();
    },
  };
}

function run(command: string, words: readonly string[], env?: NodeJS.ProcessEnv): void {
  spawnSync(command, words, { stdio: "ignore", env: env ?? process.env, timeout: COMMAND_MS });
}

function said(command: string, word: string): string {
  const { stdout } = spawnSync(command, [word], { encoding: "utf8" });
  return stdout.trim().split("\n").at(-1) ?? "";
}
