import { readText } from "./kernel_file.ts";
import { machineCode } from "./launch_code.ts";
import { ownCgroup } from "./cgroup_path.ts";
import { createContainer } from "./containment.ts";
import type { Finding } from "../types.ts";

const NOTHING = { counters: false, io: false, switches: false, fileDescriptors: false };
const SCOPE = `systemd-run ${process.getuid?.() === 0 ? "" : "--user "}--scope -p Delegate=yes proctor …`;

/** What this machine allows; every line was tried, not guessed. */
export function readFindings(): Finding[] {
  return [containment(), placing(), controllers(), foreignProcesses()];
}

function containment(): Finding {
  const container = createContainer({ wanted: NOTHING, marker: "", soleParent: true, guarded: false });
  container.release();
  if (container.mechanism === "cgroup") {
    return { topic: "containment", ok: true, detail: "a cgroup of our own can be made", advice: null };
  }
  const own = ownCgroup();
  const advice = "directory" in own
    ? `give this user a cgroup: ${SCOPE}; or run as root`
    : "mount cgroup v2 (kernel command line systemd.unified_cgroup_hierarchy=1)";
  return { topic: "containment", ok: false, detail: `subreaper: ${container.reason}`, advice };
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

function controllers(): Finding {
  const own = ownCgroup();
  const present = ("directory" in own && readText(`${own.directory}/cgroup.subtree_control`)?.trim()) || "";
  const ok = /\bmemory\b/.test(present);
  const obtainable = /\bmemory\b/.test(readText("/sys/fs/cgroup/cgroup.controllers") ?? "");
  const advice = obtainable
    ? `for the kernel's own count of memory: ${SCOPE}`
    : "the memory controller is not in cgroup v2 here; boot with systemd.unified_cgroup_hierarchy=1";
  return {
    topic: "controllers",
    ok,
    detail: present ? `enabled for our children: ${present}` : "none is enabled for our children",
    advice: ok ? null : advice,
  };
}

function foreignProcesses(): Finding {
  const restricted = /hidepid=(?!0|off)/.test(
    /^proc \/proc .*$/m.exec(readText("/proc/self/mounts") ?? "")?.[0] ?? "",
  );
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
