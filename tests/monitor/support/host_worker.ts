/* A worker of host_program.ts: it runs commands by the library, and children of its own beside them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { run } from "../../../mod.ts";

interface Work {
  readonly options: { mechanism?: "subreaper" };
  readonly count: number;
}

const scope = globalThis as unknown as {
  onmessage: (event: { data: Work }) => Promise<void>;
  postMessage(failures: string[]): void;
};

scope.onmessage = async ({ data: { options, count } }) => {
  const failures: string[] = [];
  for (let number = 0; number < count; number++) {
    const code = 1 + number % 100;
    const own = spawn("sh", ["-c", `sleep 0.01; exit ${code}`], { stdio: "ignore" });
    const [[given], summary] = await Promise.all([
      once(own, "exit"),
      run(["sh", "-c", `sleep 0.02; exit ${code}`], options),
    ]);
    if (given !== code) failures.push(`a child of a worker: ${given}, not ${code}`);
    if (summary.exit_code !== code) {
      failures.push(`run in a worker: ${summary.outcome} ${summary.exit_code}, not ${code}`);
    }
  }
  scope.postMessage(failures);
};
