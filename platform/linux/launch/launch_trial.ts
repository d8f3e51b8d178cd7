import type { Container } from "../../contract/containment.ts";
import type { LaunchSpec } from "../../contract/launch.ts";
import type { Finding } from "../../contract/self.ts";
import { CgroupContainer } from "../cgroup/cgroup_container.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { openNull } from "../sys/descriptors.ts";
import { describeErrno, EINVAL } from "../sys/errno.ts";
import { memoryFile } from "../sys/memory_file.ts";
import { cloneObstacle } from "./clone3.ts";
import { takePeakOrigin } from "./inherited_peak.ts";
import { launch } from "./launch.ts";
import { machineCode, systemCall } from "../sys/machine_code.ts";
import { StepData } from "./step_data.ts";
import { PROGRAM_DATA_ADDRESS, stepProgram } from "./step_program.ts";

const NAME = "proctor-trial";

/**
 * How a command is started here, tried with a program that ends at once.
 * @param container where it is started
 */
export function tryLaunch(container: Container): Finding {
  if (!machineCode()) {
    return worse(
      "posix_spawn: no executable memory",
      "allow executable memory (SELinux: execmem; systemd: MemoryDenyWriteExecute=no)",
    );
  }
  const obstacle = cloneObstacle();
  if (obstacle !== null) {
    const advice = "Linux 5.3, and a seccomp filter that lets clone3 through (Docker's does since 20.10.10)";
    return worse(obstacle, advice);
  }
  const started = start(container);
  if (typeof started === "string") {
    return worse(
      `nothing can be started: ${started}`,
      "check the limits on processes, memory and descriptors",
    );
  }
  if (container.mechanism === "cgroup" && !started.isInside) {
    return worse("clone3 does not put a child into its cgroup", "Linux 5.7, which does");
  }
  const where = container.mechanism === "cgroup"
    ? "clone3 places the child in its cgroup before its first instruction"
    : "clone3 starts the child; there is no cgroup to place it in";
  return started.origin === "nothing"
    ? { topic: "launch", ok: true, detail: `${where}; its peak memory is its own`, advice: null }
    : worse(
      `${where}; its peak memory begins at ours`,
      "allow programs in anonymous files to be executed (sysctl vm.memfd_noexec=0, SELinux, AppArmor)",
    );
}

const worse = (detail: string, advice: string): Finding => ({ topic: "launch", ok: false, detail, advice });

/** Start the program and wait for its end; a string says why it was not started. */
function start(container: Container): { isInside: boolean; origin: string } | string {
  const image = stepProgram(new StepData(PROGRAM_DATA_ADDRESS), [
    { call: "exit_group", args: [0], onFailure: 0 },
  ]);
  const file = image ? memoryFile(NAME, image) : -EINVAL;
  if (file < 0) return describeErrno(-file);
  const nothing = openNull();
  try {
    const bytes = (word: string) => new TextEncoder().encode(word);
    const spec: LaunchSpec = {
      file: bytes(`/proc/self/fd/${file}`),
      args: [bytes(NAME)],
      env: [],
      cwd: undefined,
      inherited: [file],
      stdio: [nothing, nothing, nothing],
    };
    const launched = launch(
      spec,
      container instanceof CgroupContainer ? { cgroup: container.descriptor } : {},
    );
    if ("stage" in launched) return `${launched.stage}: ${launched.message}`;
    // It stays in its cgroup until it is waited for, even when it has ended.
    const isInside = container.owns(launched.pid);
    systemCall("wait4", launched.pid, 0, 0, 0);
    return { isInside, origin: takePeakOrigin(launched.pid) };
  } finally {
    closeFile(nothing);
    closeFile(file);
  }
}
