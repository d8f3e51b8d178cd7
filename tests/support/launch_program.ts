/* usage: launch_program.ts WHAT LAUNCHER [ARGUMENT...]: launches something from a process of its own, for tests. */
import process from "node:process";
import { ownEnvironment } from "../../platform/linux/launch/own_words.ts";
import { inheritedDescriptors } from "../../platform/linux/sys/descriptors.ts";
import { fixture } from "./fixture.ts";
import { assertLaunched, byClone, bySmallParent, bySpawn, spec, waitFor } from "./launch.ts";

// First of all: what is opened later is not inheritance.
const inherited = inheritedDescriptors();
const [what, name] = process.argv.slice(2);
const launcher = name === "small parent" ? bySmallParent : name === "clone3" ? byClone : bySpawn;

if (what === "swap") {
  const words = ["sh", "-c", "echo to stdout; echo to stderr >&2"];
  await waitFor(assertLaunched(launcher(spec("/bin/sh", words, { stdio: [0, 2, 1] }))));
} else if (what === "context") {
  const file = fixture("print_context");
  await waitFor(assertLaunched(launcher(spec(file, [file], { env: ownEnvironment(), inherited }))));
} else {
  throw new Error(`no such thing: ${what}`);
}
