import type { ContainerRequest } from "../../contract/containment.ts";
import type { Finding } from "../../contract/self.ts";
import { tryLaunch } from "../launch/launch_trial.ts";
import { memoryWaitObstacle } from "../events/task_delays.ts";
import { clockFinding, readClockState } from "../machine/clock_state.ts";
import { countsBlockWaits } from "../machine/machine_waits.ts";
import { readPiece, readText } from "../proc/kernel_file.ts";
import { foreignProc } from "../proc/own_proc.ts";
import { readLink } from "../sys/read_link.ts";
import { howToGetCgroup, howToGetControllers, howToGetLimits } from "./advice.ts";
import { CONTROLLERS, enterHome } from "./cgroup_home.ts";
import type { CgroupHome, Controller } from "./cgroup_home.ts";
import { createContainer, obstacle } from "./containment.ts";

const NOTHING = { counters: false, io: false, switches: false, fileDescriptors: false };
const REQUEST = { wanted: NOTHING, marker: "", soleParent: true, guarded: false };
/** What each controller serves, asked for in such a way that nothing reaches it. */
const TRIALS: Record<Controller, Pick<ContainerRequest, "limits" | "exactPeak">> = {
  memory: { limits: { memoryBytes: 2 ** 50 }, exactPeak: true },
  cpu: { limits: { cpuCores: 1_000 } },
  pids: { limits: { processes: 4_000_000 } },
  io: {},
};

/** What this machine allows; every line was tried, not guessed. */
export function readFindings(): Finding[] {
  const home = enterHome();
  try {
    return [
      ...[containment(), placing(), controllers(home), packets(), events(), waits(), foreignProcesses()],
      clockFinding(readClockState()),
    ];
  } finally {
    if ("leave" in home) home.leave();
  }
}

/** How long single threads wait for disks and memory; the pressure of a cgroup is there without. */
function waits(): Finding {
  const topic = "waiting";
  const reason = memoryWaitObstacle();
  if (reason === null) {
    const detail = "the kernel reports how long each thread waits for disks and memory";
    return { topic, ok: true, detail, advice: null };
  }
  const detail = countsBlockWaits()
    ? `the kernel reports how long each thread waits for disks, not for memory: ${reason}`
    : `how long each thread waits for disks and memory is not reported: ${reason}`;
  const advice = countsBlockWaits() ? "root" : "sysctl kernel.task_delayacct=1; for memory, root as well";
  return { topic, ok: false, detail, advice };
}

function containment(): Finding {
  const container = createContainer(REQUEST);
  container.release();
  if (container.mechanism === "cgroup") {
    return { topic: "containment", ok: true, detail: "a cgroup of our own can be made", advice: null };
  }
  const detail = `subreaper: ${container.reason}`;
  return { topic: "containment", ok: false, detail, advice: howToGetCgroup() };
}

function placing(): Finding {
  const container = createContainer(REQUEST);
  try {
    return tryLaunch(container);
  } finally {
    container.release();
  }
}

/** Memory, disk and the limits stand on the controllers of cgroup v2, or else of v1. */
function controllers(home: CgroupHome | { readonly reason: string }): Finding {
  const topic = "controllers";
  if ("reason" in home) return { topic, ok: false, detail: home.reason, advice: howToGetControllers() };
  const v2 = CONTROLLERS.filter((controller) => home.obstacle(controller) === null);
  const v1: Controller[] = [];
  const missing = new Map<string, Controller[]>();
  for (const controller of CONTROLLERS) {
    if (v2.includes(controller)) continue;
    const reason = obstacle(home, controller) ?? tryV1(controller);
    if (reason === null) v1.push(controller);
    else missing.set(reason, [...missing.get(reason) ?? [], controller]);
  }
  const serving = [
    ...(v2.length > 0 ? [`${v2.join(", ")} serve our groups`] : []),
    ...(v1.length > 0
      ? [`${v1.join(", ")} of cgroup v1 serve groups that ask for limits or an exact peak`]
      : []),
  ];
  const why = [...missing].map(([reason, without]) => `no ${without.join(", ")}: ${reason}`);
  const isOnlyStorage = [...missing.values()].flat().every((controller) => controller === "io");
  const advice = isOnlyStorage
    ? `for storage traffic as the kernel counts it: ${howToGetControllers()}`
    : `for memory as the kernel counts it, and for limits: ${howToGetLimits()}`;
  return {
    topic,
    ok: missing.size === 0,
    detail: [...(serving.length > 0 ? serving : ["none serves our groups"]), ...why].join("; "),
    advice: missing.size === 0 ? null : advice,
  };
}

/** Make a group that a controller of cgroup v1 serves; null, or why it cannot be made. */
function tryV1(controller: Controller): string | null {
  try {
    createContainer({ ...REQUEST, ...TRIALS[controller] }).release();
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

function packets(): Finding {
  const container = createContainer({ ...REQUEST, traffic: true });
  container.release();
  const { source, obstacle } = container.traffic;
  const detail = source === "sock_diag"
    ? `of what a tree receives and sends (--network), only TCP is reported, as a lower bound: ${obstacle}`
    : obstacle ?? "the bytes that a tree receives and sends can be counted (--network)";
  const advice = container.mechanism === "cgroup"
    ? "run as root, or give the program the rights: setcap cap_bpf,cap_perfmon,cap_net_admin+ep"
    : howToGetCgroup();
  return { topic: "network", ok: obstacle === null, detail, advice: obstacle === null ? null : advice };
}

function events(): Finding {
  const container = createContainer({ ...REQUEST, counters: true });
  container.release();
  const { source, obstacle, hardwareObstacle, advice } = container.counters!;
  const hardware = source === null || hardwareObstacle === null ? [] : [hardwareObstacle];
  const rung = source === "perf_cgroup"
    ? ["perf counts all that a tree does (--counters)"]
    : source === "perf_inherited"
    ? [`perf counts each process and hands that down (--counters): ${obstacle}`]
    : [obstacle];
  return {
    topic: "counters",
    ok: source === "perf_cgroup",
    detail: [...rung, ...hardware].join("; "),
    advice: source === "perf_cgroup" ? null : advice,
  };
}

function foreignProcesses(): Finding {
  const foreign = foreignProc();
  if (foreign !== null) {
    const [detail, advice] = foreign.split("; ");
    return { topic: "/proc", ok: false, detail, advice };
  }
  // proc_pid_mounts(5); the last one covers those before. `invisible` is 2, `ptraceable` is 4 (proc(5)).
  const mounts = (readText("/proc/self/mounts") ?? "").split("\n").map((line) => line.split(" "));
  const options = mounts.findLast(([, point, type]) => point === "/proc" && type === "proc")?.[3] ?? "";
  const isSet = /\bhidepid=(?!0|off)/.test(options);
  // Tried on the first process, which is another user's; where it is ours, as its executable shows, the option tells.
  const isSeen = readPiece("/proc/1/stat");
  const isOurs = process.getuid?.() !== 0 && readLink("/proc/1/exe") !== undefined;
  const restricted = !isSeen || (isOurs && isSet);
  return {
    topic: "/proc",
    ok: !restricted,
    detail: restricted
      ? `${isSet ? "hidepid is set: " : ""}processes of other users cannot be seen`
      : "every process can be seen",
    advice: restricted
      ? "attach as root, or as a member of the group given in the mount's gid= option"
      : null,
  };
}
