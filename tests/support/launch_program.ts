/* usage: launch_program.ts WHAT LAUNCHER [ARGUMENT...]: launches something from a process of its own, for tests. */
import process from "node:process";
import { inheritedDescriptors } from "../../platform/linux/descriptors.ts";
import { ownEnvironment } from "../../platform/linux/own_words.ts";
import { fixture } from "./fixture.ts";
import { assertLaunched, byClone, bySpawn, spec, waitFor } from "./launch.ts";

// First of all: what is opened later is no inheritance.
const inherited = inheritedDescriptors();
const [what, name] = process.argv.slice(2);
const launcher = name === "clone3" ? byClone : bySpawn;

if (what === "swap") {
  const words = ["sh", "-c", "echo to stdout; echo to stderr >&2"];
  await waitFor(assertLaunched(launcher(spec("/bin/sh", words, { stdio: [0, 2, 1] }))));
} else if (what === "context") {
  const file = fixture("print_context");
  await waitFor(assertLaunched(launcher(spec(file, [file], { env: ownEnvironment(), inherited }))));
} else {
  throw new Error(`no such thing: ${what}`);
}
