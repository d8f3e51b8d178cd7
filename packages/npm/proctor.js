#!/usr/bin/env node
/*
 * The command `proctor` of the npm package: becomes the program that lies in the package of this platform, or, where
 * Node.js cannot (before 22.15, and on Windows), runs it and ends as it does.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { isatty } from "node:tty";

/** proctor's own code for a misuse or a failure of its own. */
const FAILED = 125;
/** A terminal gives these to every process of the foreground, us and the program alike. */
const OF_TERMINAL = ["SIGINT", "SIGQUIT", "SIGHUP"];
const PASSED_ON = [...OF_TERMINAL, "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGWINCH"];

function fail(message) {
  process.stderr.write(`proctor: ${message}\n`);
  process.exit(FAILED);
}

/** Package managers that know nothing of C libraries install the packages of both. */
function isMusl() {
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime === undefined;
}

function ownProgram() {
  if (process.env.PROCTOR_BINARY) return process.env.PROCTOR_BINARY;
  const require = createRequire(import.meta.url);
  const system = process.platform === "win32" ? "windows" : process.platform;
  const platform = `${system}-${process.arch}`;
  const suffix = system === "windows" ? ".exe" : "";
  const found = [platform, `${platform}-musl`].flatMap((name) => {
    try {
      return [require.resolve(`@proctor/cli-${name}/bin/proctor${suffix}`)];
    } catch {
      return [];
    }
  });
  if (found.length === 0) {
    fail(
      `there is no program for ${platform}: the package @proctor/cli-${platform} is not installed; ` +
        "install without --omit=optional and --no-optional, on the machine that is to run it",
    );
  }
  return found.length === 1 ? found[0] : found[isMusl() ? 1 : 0];
}

const program = ownProgram();
const args = process.argv.slice(2);
if (!existsSync(program)) fail(`there is no ${program}`);
if (process.execve && process.platform !== "win32") {
  try {
    process.execve(program, [program, ...args], process.env);
  } catch (error) {
    fail(error.message);
  }
}

const child = spawn(program, args, { stdio: "inherit" });
const hasTerminal = [0, 1, 2].some(isatty);
for (const signal of PASSED_ON) {
  if (process.platform === "win32" && !["SIGINT", "SIGHUP"].includes(signal)) continue;
  process.on(signal, () => {
    if (!(hasTerminal && OF_TERMINAL.includes(signal))) child.kill(signal);
  });
}
child.on("error", (error) => fail(error.message));
child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  // As it has ended, we end: whoever has started us sees the same signal.
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  setTimeout(() => process.exit(128 + constants.signals[signal]), 1_000);
});
