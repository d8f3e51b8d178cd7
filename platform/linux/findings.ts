import type { Finding } from "../types.ts";
import { howToGetCgroup, howToGetControllers } from "./advice.ts";
import { CONTROLLERS, enterHome } from "./cgroup_home.ts";
import type { CgroupHome } from "./cgroup_home.ts";
import { createContainer } from "./containment.ts";
import { readText } from "./kernel_file.ts";
import { machineCode } from "./launch_code.ts";

const NOTHING = { counters: false, io: false, switches: false, fileDescriptors: false };

/** What this machine allows; every line was tried, not guessed. */
export function readFindings(): Finding[] {
  const home = enterHome();
  try {
    return [containment(), placing(), controllers(home), foreignProcesses()];
  } finally {
    if ("leave" in home) home.leave();
  }
}

function containment(): Finding {
  const container = createContainer({ wanted: NOTHING, marker: "", soleParent: true, guarded: false });
  container.release();
  if (container.mechanism === "cgroup") {
    return { topic: "containment", ok: true, detail: "a cgroup of our own can be made", advice: null };
  }
  const detail = `subreaper: ${container.reason}`;
  return { topic: "containment", ok: false, detail, advice: howToGetCgroup() };
}

function placing(): Finding {
  const ok = machineCode() !== null;
  return {
    topic: "launch",
    ok,
    detail: ok ? "clone3 places the child before its first instruction" : "posix_spawn: no executable memory",
    advice: ok ? null : "allow executable memory (SELinux: execmem; systemd: MemoryDenyWriteExecute=no)",
  };
}

/** Memory, disk and the limits stand on the controllers of cgroup v2. */
function controllers(home: CgroupHome | { readonly reason: string }): Finding {
  const topic = "controllers";
  if ("reason" in home) return { topic, ok: false, detail: home.reason, advice: howToGetControllers() };
  const missing = CONTROLLERS.filter((controller) => home.obstacle(controller) !== null);
  const present = CONTROLLERS.filter((controller) => !missing.includes(controller));
  const serving = present.length === 0 ? "none serves our groups" : `${present.join(", ")} serve our groups`;
  const reasons = [...new Set(missing.map((controller) => home.obstacle(controller)))];
  const why = reasons.map((reason) =>
    `no ${missing.filter((controller) => home.obstacle(controller) === reason).join(", ")}: ${reason}`
  );
  return {
    topic,
    ok: missing.length === 0,
    detail: [serving, ...why].join("; "),
    advice: missing.length === 0
      ? null
      : `for memory as the kernel counts it, and for limits: ${howToGetControllers()}`,
  };
}

function foreignProcesses(): Finding {
  // proc_pid_mounts(5); the last one covers those before. `invisible` is 2, `ptraceable` is 4 (proc(5)).
  const mounts = (readText("/proc/self/mounts") ?? "").split("\n").map((line) => line.split(" "));
  const options = mounts.findLast(([, point, type]) => point === "/proc" && type === "proc")?.[3] ?? "";
  const restricted = /\bhidepid=(?!0|off)/.test(options);
  return {
    topic: "/proc",
    ok: !restricted,
    detail: restricted
      ? "hidepid is set: processes of other users cannot be seen"
      : "every process can be seen",
    advice: restricted
      ? "attach as root, or as a member of the group given in the mount's gid= option"
      : null,
  };
}
