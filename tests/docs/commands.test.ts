/* Every block of commands in the documents runs as it is written, or says why it cannot. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { ROOT } from "../support/fixture.ts";
import {
  type Block,
  blocksOf,
  type Command,
  commandsOf,
  documentBlocks,
  escapedBlocks,
  labelsOf,
} from "./support/blocks.ts";

/** How many blocks may stand there unexecuted, by reason. A new one is a decision: it is counted here. */
const NOT_RUN: Readonly<Record<string, number>> = JSON.parse(
  readFileSync(join(ROOT, "tests/docs/not_run.json"), "utf8"),
);
/** The part of the printed lines whose first word has to come back. The rest depends on the machine. */
const SAME_LABELS = 0.6;

/** What is typed: into a shell, or into a Python that asks for it. */
const SHELL = ["ipython", "sh", "bash", "console"];
const pages = documentBlocks();
const shellBlocks = pages.flatMap(({ blocks }) => blocks)
  .filter(({ language, file }) => SHELL.includes(language) && file === null);
/** A prompt of `>` is that of Windows. */
const reasonOf = (block: Block) => block.notRun ?? (/^> /.test(block.text) ? "Windows" : null);

/** The binary is the same whatever runtime runs this test: one of them is enough. */
const once = "Deno" in globalThis && "runs on Bun: the binary is the same";

/** Whether there is a program of this name, also one for administrators. */
const isInstalled = (program: string) =>
  [...(process.env.PATH ?? "").split(":"), "/usr/sbin"].some((folder) => existsSync(join(folder, program)));

/** What became of a command. */
interface Result {
  readonly exit: number | null;
  readonly output: string;
}

/** Run commands one after another in one shell, in one directory. */
function runAll(commands: readonly Command[], directory: string, home: string): Map<Command, Result> {
  const script = commands.map(({ text, block }, at) => {
    const [enter, leave] = block.isInRepository
      ? ['pushd "$PROCTOR_ROOT" >/dev/null', "popd >/dev/null"]
      : ["", ""];
    return `printf '\\001${at}\\n'\n${enter}\n(exit $status)\n${text}\nstatus=$?\n${leave}\nprintf '\\002%s\\003' $status\n`;
  });
  const path = join(home, "commands.sh");
  // What a page has left behind in the background ends with it.
  writeFileSync(path, `trap 'kill $(jobs -p) 2>/dev/null' EXIT\nstatus=0\n${script.join("")}`);
  const run = spawnSync("timeout", ["-k", "5", "60", "bash", "-c", 'exec bash "$1" 2>&1', "sh", path], {
    cwd: directory,
    env: environment(home),
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  return new Map(commands.map((command, at) => {
    const [, output, exit] = new RegExp(`\u0001${at}\n([^]*?)\u0002(\\d+)\u0003`).exec(run.stdout) ??
      [null, run.stdout.split(`\u0001${at}\n`)[1] ?? "", null];
    return [command, { output, exit: exit === null ? null : Number(exit) }];
  }));
}

/** An error comes back word for word, where no figure or name of the machine is in it, and nothing is left out. */
const isSteady = (line: string) => /^proctor: /.test(line) && !/[\d…]/.test(line);

/** What is wrong with the result of a command; null where it did what the page says. */
function faultOf(command: Command, { exit, output }: Result): string | null {
  const where = `${command.block.document}:${command.block.line}: ${command.text.split("\n")[0]}`;
  if (exit !== command.exit) return `${where}\n  exit code ${exit} instead of ${command.exit}:\n${output}`;
  const lost = command.output.filter((line) => isSteady(line) && !output.includes(line));
  if (lost.length > 0) return `${where}\n  ${lost.join("\n  ")} does not come:\n${output}`;
  const expected = labelsOf(command.output);
  const found = labelsOf(output.split("\n"));
  const missing = [...expected].filter((label) => !found.has(label));
  if (missing.length <= expected.size * (1 - SAME_LABELS)) return null;
  return `${where}\n  no line begins with ${missing.join(", ")}:\n${output}`;
}

/** A copy of this is where the blocks of each page run: what the documents take as given. */
let prepared = "";

/** The environment of the blocks: the built binary first, nothing of the user's own. */
const environment = (home: string) => ({
  PATH: `${ROOT}/dist:${process.env.PATH}:/usr/sbin`,
  HOME: home,
  PROCTOR_ROOT: ROOT,
  LANG: "C.UTF-8",
  TERM: "dumb",
});

describe("blocks of commands", () => {
  before(() => {
    if (once !== false) return;
    prepared = mkdtempSync(join(tmpdir(), "proctor-docs-"));
    cpSync(join(ROOT, "tests/docs/files/all"), prepared, { recursive: true });
    const run = spawnSync("sh", [join(ROOT, "tests/docs/files/prepare.sh")], {
      cwd: prepared,
      env: environment(prepared),
      encoding: "utf8",
    });
    assert.equal(run.status, 0, run.stderr);
  });
  after(() => {
    if (prepared !== "") rmSync(prepared, { recursive: true, force: true });
  });

  test("have a language, and none escapes by being indented", () => {
    const escaped = pages.flatMap(({ document }) =>
      escapedBlocks(document, readFileSync(join(ROOT, document), "utf8"))
    );
    assert.deepEqual(escaped, []);
  });

  test("are found wherever they hide", () => {
    const faults = (text: string) => escapedBlocks("a.md", text).map((fault) => fault.slice("a.md:".length));
    assert.deepEqual(faults("A:\n\n    proctor run -- true\n"), ["3: the block is indented; fence it"]);
    assert.deepEqual(faults("1. A:\n\n       proctor top\n"), ["3: the block is indented; fence it"]);
    assert.deepEqual(faults("```\n$ proctor top\n```\n"), ["1: a block without a language"]);
    assert.deepEqual(faults("```shell\nproctor top\n```\n"), ["1: shell"]);
    assert.deepEqual(faults("~~~sh\nproctor top\n~~~\n"), [
      "1: a block that is not fenced by three backticks",
    ]);
    assert.deepEqual(faults("```text\n$ proctor top\n```\n"), ["1: commands, as text"]);
    assert.deepEqual(faults("1. A:\n\n   more of it\n\n   ```sh\n   true\n   ```\n"), []);
  });

  test("that cannot run say why, and are as many as before", () => {
    const reasons = shellBlocks.map(reasonOf).filter((reason) => reason !== null);
    const counts = Object.fromEntries(
      [...new Set(reasons)].sort().map((
        reason,
      ) => [reason, reasons.filter((other) => other === reason).length]),
    );
    const marked = Object.entries(counts).map(([reason, count]) => `${count} ${reason}`).join(", ");
    console.log(`executed ${shellBlocks.length - reasons.length}, marked ${reasons.length}: ${marked}`);
    assert.deepEqual(counts, NOT_RUN);
    assert.deepEqual(
      shellBlocks.filter(({ language, text }) => language === "console" && !/^(\$|>|>>>) /m.test(text)),
      [],
    );
  });

  for (const { document, blocks } of pages) {
    const runnable = blocks.filter((block) =>
      SHELL.includes(block.language) && reasonOf(block) === null && block.file === null
    );
    if (runnable.length === 0) continue;
    const missing = runnable.map(({ needs }) => needs).find((program) =>
      program !== null && !isInstalled(program)
    );
    const skip = once || (missing ? `${missing} is missing` : false);
    test(`of ${document} do what the page says`, { skip, timeout: 90_000 }, () => {
      const home = mkdtempSync(join(tmpdir(), "proctor-docs-"));
      try {
        const directory = join(home, "work");
        cpSync(prepared, directory, { recursive: true });
        const own = join(ROOT, "tests/docs/files", basename(document, ".md"));
        if (existsSync(own)) cpSync(own, directory, { recursive: true });
        for (const { file, text } of blocks) {
          if (file === null) continue;
          mkdirSync(dirname(join(directory, file)), { recursive: true });
          writeFileSync(join(directory, file), `${text}\n`);
        }
        const commands = runnable.flatMap(commandsOf);
        const results = runAll(commands, directory, home);
        const faults = [...results].map(([command, result]) => faultOf(command, result));
        assert.equal(faults.filter((fault) => fault !== null).join("\n"), "");
      } finally {
        if (existsSync(join(home, "work/state/proctor.sock"))) { // A page whose last block was not reached.
          spawnSync(join(ROOT, "dist/proctor"), ["ctl", "--state-dir", join(home, "work/state"), "shutdown"]);
        }
        rmSync(home, { recursive: true, force: true });
      }
    });
  }

  test("are run for what they do: a wrong code and lost lines are found", { skip: once }, () => {
    const page =
      "```console\n$ echo wall; exit_with() { return $1; }; exit_with 3\nwall 1s\n$ echo $?\n3\n```\n";
    const home = mkdtempSync(join(tmpdir(), "proctor-docs-"));
    try {
      const commands = blocksOf("a.md", page).flatMap(commandsOf);
      const results = runAll(commands, home, home);
      assert.deepEqual([...results].map(([command, result]) => faultOf(command, result)), [null, null]);
      const [first] = commands;
      const result = results.get(first)!;
      assert.match(faultOf({ ...first, exit: 0 }, result)!, /exit code 3 instead of 0/);
      assert.match(faultOf({ ...first, output: ["memory 3"] }, result)!, /no line begins with memory/);
      assert.match(faultOf({ ...first, output: ["proctor: wall"] }, result)!, /proctor: wall does not come/);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});
