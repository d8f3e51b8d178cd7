import { ProctorError } from "../../../core/error.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { describeErrno } from "../sys/errno.ts";
import { memoryFile } from "../sys/memory_file.ts";
import { addGuard } from "./guards.ts";
import { launchDirectly } from "./launch.ts";

/**
 * Start a program of steps as a child of ours that belongs to no tree.
 * @param words its command line: whoever lists processes sees whose it is
 * @param stdio which of our descriptors it gets as its 0, 1 and 2
 * @param onLoss called when it has ended though nobody of ours has ended it
 * @returns its PID
 * @throws ProctorError of kind `system` when it cannot be started
 */
export function startStepProgram(
  image: Uint8Array,
  words: readonly string[],
  stdio: readonly [number, number, number],
  onLoss: () => void = () => {},
): number {
  const file = memoryFile(words[0], image);
  if (file < 0) throw new ProctorError("system", `cannot make a memory file: ${describeErrno(-file)}`);
  try {
    // Nobody asks for its peak: the short way will do.
    const launched = launchDirectly({
      file: new TextEncoder().encode(`/proc/self/fd/${file}`),
      args: words.map((word) => new TextEncoder().encode(word)),
      env: [],
      cwd: undefined,
      stdio,
    });
    if ("stage" in launched) {
      throw new ProctorError("system", `${words[0]} cannot be started: ${launched.message}`);
    }
    addGuard(launched.pid, onLoss);
    return launched.pid;
  } finally {
    closeFile(file);
  }
}
