/** proctor supervise, supervisord and pm2, each keeping the same programs running, seen from outside. */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { proctorBinary } from "./binary.ts";

const PM2 = "pm2@6.0.13";

/** One of them at work. */
export interface RunningSupervisor {
  /** PID of the supervisor itself. */
  readonly pid: () => number;
  /** Ask how it stands with all, as a person would: by its command. */
  readonly statusCommand: readonly string[];
  /** Ask by its API; undefined where it has none for this. */
  readonly ask?: () => Promise<unknown>;
  stop(): void;
}

/** One of them, and how it is started. */
export interface SupervisorKind {
  readonly name: string;
  /** Why it cannot be measured here; null when it can. */
  obstacle(): string | null;
  /** Begin to keep `sleep <mark + n>` running for each n below `count`, in an empty directory. */
  start(directory: string, mark: number, count: number): RunningSupervisor;
}

const quiet = { stdio: "ignore", env: process.env } as const;

const proctor: SupervisorKind = {
  name: "proctor",
  obstacle: () => null,
  start(directory, mark, count) {
    const control = (n: number) => ({
      executable: "sleep",
      arguments: [String(mark + n)],
      context_aware_restart: { retry_delay: "0s", max_retries: "unlimited" },
    });
    const managed_processes = Array.from({ length: count }, (_, n) => ({
      id: `p${n}`,
      management: { control: control(n) },
    }));
    const config = join(directory, "proctor.yaml");
    writeFileSync(config, JSON.stringify({ process_manager: { log_level: "error" }, managed_processes }));
    const words = ["supervise", "--config", config, "--state-dir", directory];
    const child = spawn(proctorBinary(), words, { stdio: "ignore" });
    const socketPath = join(directory, "proctor.sock");
    return {
      pid: () => child.pid!,
      statusCommand: [proctorBinary(), "ctl", "--socket", socketPath, "status"],
      ask: () => exchange({ socketPath, path: "/processes" }),
      stop: () => child.kill("SIGTERM"),
    };
  },
};

const supervisord: SupervisorKind = {
  name: "supervisord",
  obstacle: () => existsSync("/usr/bin/supervisord") ? null : "Debian's package supervisor is not installed",
  start(directory, mark, count) {
    const socketPath = join(directory, "s.sock");
    const programs = Array.from(
      { length: count },
      (_, n) =>
        `[program:p${n}]\ncommand=sleep ${mark + n}\nautorestart=true\nstartsecs=0\nstartretries=1000000\n`,
    );
    const config = join(directory, "supervisord.conf");
    writeFileSync(
      config,
      `[unix_http_server]\nfile=${socketPath}\n[supervisord]\nnodaemon=true\nuser=root\nlogfile=/dev/null\n` +
        `logfile_maxbytes=0\nchildlogdir=${directory}\npidfile=${directory}/pid\n[rpcinterface:supervisor]\n` +
        `supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n` +
        `[supervisorctl]\nserverurl=unix://${socketPath}\n${programs.join("\n")}`,
    );
    const child = spawn("/usr/bin/supervisord", ["-c", config], { stdio: "ignore" });
    const body =
      "<?xml version='1.0'?><methodCall><methodName>supervisor.getAllProcessInfo</methodName></methodCall>";
    return {
      pid: () => child.pid!,
      statusCommand: ["/usr/bin/supervisorctl", "-c", config, "status"],
      ask: () =>
        exchange(
          { socketPath, path: "/RPC2", method: "POST", headers: { "content-type": "text/xml" } },
          body,
        ),
      stop: () => child.kill("SIGTERM"),
    };
  },
};

/** Installed by npm into a directory of its own, when it is first asked for. */
let pm2Directory: string | null = null;

/** Where pm2 is to be installed. */
export function installPm2(directory: string): void {
  const words = [
    "install",
    "--silent",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    "--prefix",
    directory,
    PM2,
  ];
  if (spawnSync("npm", words, { stdio: "ignore" }).status === 0) pm2Directory = directory;
}

const pm2: SupervisorKind = {
  name: "pm2",
  obstacle: () => pm2Directory ? null : "npm could not install pm2",
  start(directory, mark, count) {
    const home = join(directory, "pm2");
    mkdirSync(home);
    const command = join(pm2Directory!, "node_modules/.bin/pm2");
    const env = { ...process.env, PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: "true" };
    const apps = Array.from({ length: count }, (_, n) => ({
      name: `p${n}`,
      script: "/bin/sleep",
      args: String(mark + n),
      interpreter: "none",
      min_uptime: 0,
      max_restarts: 1_000_000,
    }));
    const config = join(directory, "ecosystem.json");
    writeFileSync(config, JSON.stringify({ apps }));
    spawn(command, ["start", config], { ...quiet, env });
    return {
      pid: () => Number(readFileSync(join(home, "pm2.pid"), "utf8")),
      statusCommand: ["env", `PM2_HOME=${home}`, command, "list"],
      stop: () => void execFileSync(command, ["kill"], { ...quiet, env }),
    };
  },
};

/** All that are compared. */
export const SUPERVISORS: readonly SupervisorKind[] = [proctor, supervisord, pm2];

function exchange(options: object, body?: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    // A connection that is kept for the next question is one that a supervisor has to look after.
    const call = request({ ...options, agent: false }, (response) => {
      let length = 0;
      response.on("data", (piece: Uint8Array) => length += piece.length);
      response.on("end", () => resolve(length));
      response.on("error", reject);
    });
    call.on("error", reject).end(body);
  });
}
