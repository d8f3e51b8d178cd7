import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { VERB_EXAMPLES } from "../../commands/ctl/ctl_examples.ts";
import { ROOT } from "../support/fixture.ts";
import { proctor } from "./support/proctor.ts";

const VERBS = [
  "run",
  "attach",
  "watch",
  "supervise",
  "init",
  "import",
  "ctl",
  "manager",
  "top",
  "compare",
  "report",
  "plot",
  "host",
  "sysmon",
  "profiles",
  "doctor",
  "self-check",
  "schema",
  "completion",
];

describe("--help", () => {
  test("is what help prints, too", { timeout: 120_000 }, async () => {
    for (const verb of [[], ["run"], ["ctl", "logs"]]) {
      const asked = await proctor(["help", ...verb]);
      assert.deepEqual([asked.code, asked.stderr], [0, ""]);
      assert.equal(asked.stdout.toString(), (await proctor([...verb, "--help"])).stdout.toString());
    }
    const { code, stderr } = await proctor(["help", "rum"]);
    assert.equal(code, 125);
    assert.match(stderr, /^proctor: .*rum/);
  });

  test("is there everywhere, on standard output, with examples", { timeout: 120_000 }, async () => {
    for (const args of [["--help"], ["-h"], ...VERBS.flatMap((verb) => [[verb, "--help"], [verb, "-h"]])]) {
      const { code, stdout, stderr } = await proctor(args);
      const text = stdout.toString();
      assert.equal(code, 0, args.join(" "));
      assert.equal(stderr, "");
      assert.match(text, /^Usage: proctor/);
      assert.match(text, /^Examples:\n( {2}\S.*\n)+/m, `no examples in ${args.join(" ")}`);
      for (const line of text.split("\n")) assert.ok(line.length <= 80, `a long line: ${line}`);
    }
  });

  test("of each verb of ctl has examples, and fits 80 columns", { timeout: 120_000 }, async () => {
    for (const verb of Object.keys(VERB_EXAMPLES)) {
      const { code, stdout } = await proctor(["ctl", verb, "--help"]);
      assert.equal(code, 0, verb);
      const text = stdout.toString();
      assert.match(text, /^Examples:\n( {2}\S.*\n)+/m, `no examples in ctl ${verb}`);
      for (const line of text.split("\n")) assert.ok(line.length <= 80, `ctl ${verb}: a long line: ${line}`);
    }
    const { stderr } = await proctor(["ctl", "nothing"]);
    const [, verbs] = /there are (.*)\n/.exec(stderr) ?? [];
    assert.deepEqual(verbs?.split(", ").toSorted(), Object.keys(VERB_EXAMPLES).toSorted());
  });

  test("of run names every option of the issue, and the exit codes are in that of proctor", async () => {
    const text = (await proctor(["run", "--help"])).stdout.toString();
    for (
      const option of [
        "--profile",
        "--interval",
        "--max-interval",
        "--no-adaptive",
        "--budget",
        "--metrics",
        "--per-process",
        "--threads",
        "--records",
        "--format",
        "--summary",
        "--summary-file",
        "--timeout",
        "--grace",
        "--leftovers",
        "--cwd",
        "--env",
        "--name",
        "--quiet",
        "--no-color",
      ]
    ) assert.match(text, new RegExp(`^ +(-\\w, )?${option}\\b`, "m"), option);
    const top = (await proctor(["--help"])).stdout.toString();
    for (const code of ["124", "125", "126", "127", "128"]) assert.ok(top.includes(code), code);
  });

  test("the examples of run are taken by run", { timeout: 120_000 }, async () => {
    const text = (await proctor(["run", "--help"])).stdout.toString();
    const examples = text.slice(text.indexOf("Examples:")).split("\n").filter((line) =>
      line.startsWith("  proctor ")
    );
    assert.ok(examples.length >= 3);
    // All at once: most of them wait, for a broker that is not there or for a time of their own.
    await Promise.all(examples.map(async (example) => {
      const line = example.trim().split("   ")[0].split(" > ")[0];
      const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain).slice(
        1,
      );
      const command = words.indexOf("--");
      const options = words.slice(1, command < 0 ? undefined : command).map((word) =>
        /^(run\.jsonl|run\.html|cost\.json|sort\.json)$/.test(word)
          ? "/dev/null"
          : /^(make|ninja) -B$/.test(word)
          ? "true"
          : word
      )
        .map((word) => word === "build" ? "/" : word);
      const behind = command < 0
        ? []
        : ["--", "true", ...words.slice(command).filter((word) => word.includes("{"))];
      const { code, stderr } = await proctor(["run", "--quiet", ...options, ...behind]);
      // Limits are not to be had everywhere, and refused then.
      const isRefused = code === 125 &&
        /^proctor: a limit on [^\n]+ cannot be enforced: [^\n]+\n$/.test(stderr);
      assert.ok(code === 0 || (isRefused && example.includes("--limit-")), `${example}\n${stderr}`);
    }));
  });

  test("without a verb there is help on standard error, and 125", async () => {
    for (const args of [[], ["--"]]) {
      const { code, stdout, stderr } = await proctor(args);
      assert.equal(code, 125);
      assert.equal(stdout.length, 0);
      assert.match(stderr, /^Usage: proctor/);
    }
  });
});

test("--version is that of package.json", async () => {
  const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8"));
  for (const option of ["--version", "-V", "-v", "version"]) {
    const { code, stdout } = await proctor([option]);
    assert.equal(code, 0);
    assert.match(stdout.toString(), new RegExp(`^${version.replaceAll(".", "\\.")}(\\+\\S+)?\\n$`));
  }
});
