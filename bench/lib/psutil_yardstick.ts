import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { processCpuSeconds } from "../../platform/linux/processes/cpu_clock.ts";
import { LineProcess } from "./line_process.ts";
import { inRepository } from "./runtimes.ts";
import type { Beside, Yardstick } from "./yardstick.ts";

/**
 * psutil looks through all processes of the machine for the children of one, so that most of its cost is their number:
 * it gets a PID namespace with as many as there were where the figures are from, by what it took there for one process
 * and for a hundred (1.445 % and 11.15 %).
 */
const BYSTANDERS = 50;
const INTERVAL_SECONDS = 0.1;
const WARM_UP_MS = 2_000;
const IN_A_NAMESPACE = [
  ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"],
  ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"],
];
const SCRIPT =
  `n=0; while [ $n -lt ${BYSTANDERS} ]; do sleep 1000000 </dev/null & n=$((n+1)); done; exec "$@"`;

/** psutil asking for CPU and memory of a process and its children ten times a second. */
const PSUTIL: Yardstick = {
  name: "psutil",
  about:
    `bench/sample_psutil.py on one process every 100 ms, among ${BYSTANDERS} others in a PID namespace, by its CPU ` +
    "for each time",
  unit: "%",
  known: 1.445,
};

/** psutil at its work, beside whatever else is measured. */
export class PsutilYardstick implements AsyncDisposable {
  readonly #pid: number;
  #cpu = 0;
  #sleeps = 0;

  private constructor(readonly command: LineProcess, pid: number) {
    this.#pid = pid;
  }

  /** Why it cannot be had here; null when it can. */
  static obstacle(): string | null {
    if (spawnSync("/usr/bin/python3", ["-c", "import psutil"]).status !== 0) {
      return "no yardstick: psutil is missing, so that figures are held against what is wanted as they are";
    }
    return namespaceCommand()
      ? null
      : "no yardstick: no PID namespace for psutil, so that figures are held against what is wanted as they are";
  }

  /** Start it, and wait until it is warm; undefined where it cannot be had. */
  static async start(): Promise<PsutilYardstick | undefined> {
    if (PsutilYardstick.obstacle() !== null) return undefined;
    const command = new LineProcess([
      ...namespaceCommand()!,
      ...["/bin/sh", "-c", SCRIPT, "sh"],
      ...["/usr/bin/python3", inRepository("bench/sample_psutil.py"), `${INTERVAL_SECONDS}`],
      ...["sleep", "1000000"],
    ]);
    await sleep(WARM_UP_MS);
    const children = readFileSync(`/proc/${command.pid}/task/${command.pid}/children`, "utf8").trim();
    const yardstick = new PsutilYardstick(command, Number(children));
    yardstick.begin();
    return yardstick;
  }

  /** From now on it counts. */
  begin(): void {
    [this.#cpu, this.#sleeps] = [processCpuSeconds(this.#pid), sleepsOf(this.#pid)];
  }

  /**
   * What it has used since it was last told to begin, in percent of one core: as if it had never had to wait for one,
   * since it asks less often where others have the cores, which would make a busy machine look fast.
   */
  read(): Beside {
    const used = processCpuSeconds(this.#pid) - this.#cpu;
    const each = used / (sleepsOf(this.#pid) - this.#sleeps);
    return { yardstick: PSUTIL, measured: each / (INTERVAL_SECONDS + each) * 100 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Its namespace ends with it.
    await this.command.kill();
  }
}

/** How often a process has gone to sleep by itself: once each time it has asked (proc_pid_status(5)). */
function sleepsOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)![1]);
}

function namespaceCommand(): readonly string[] | undefined {
  return IN_A_NAMESPACE.find(([program, ...words]) => spawnSync(program, [...words, "true"]).status === 0);
}
