/*
 * Usage: guard_program.ts LIBRARY FILE
 * Has a guard that becomes a program which writes the members it was told of to a file; tells it of some, and has
 * itself killed.
 */
import process from "node:process";
import { ShellGuard } from "../../../../platform/darwin/launch/guard.ts";
import { DarwinChildren } from "../../../../platform/darwin/processes/children.ts";
import { ProcessWatch } from "../../../../platform/darwin/processes/process_watch.ts";
import { Descriptors } from "../../../../platform/darwin/sys/descriptors.ts";
import { LibSystem } from "../../../../platform/darwin/sys/libsystem.ts";

const [library, file] = process.argv.slice(-2);
const system = new LibSystem(library);
const means = {
  children: new DarwinChildren(system, new ProcessWatch(system)),
  descriptors: new Descriptors(system),
};
const guard = new ShellGuard(means, [
  "/bin/sh",
  "-c",
  `printenv PROCTOR_MEMBERS >${file}.new; mv ${file}.new ${file}`,
]);
for (let uniqueId = 1; uniqueId <= 1_500; uniqueId++) guard.tell(uniqueId);
for (let uniqueId = 1; uniqueId <= 1_200; uniqueId++) guard.forget(uniqueId);
process.kill(process.pid, "SIGKILL");
