/* The packages of npm, installed from their tarballs as a stranger does. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ROOT } from "../support/fixture.ts";
import { builtOnce } from "./support/built_once.ts";

const BUN = join(ROOT, "node_modules/bun/bin/bun.exe");
const DENO = join(ROOT, "node_modules/deno/deno");
const TSC = join(ROOT, "node_modules/typescript/bin/tsc");
/** Debian's may be older than what the library needs. */
const node = spawnSync(join(ROOT, "scripts/runtime"), [`node-linux-${process.arch}`], { encoding: "utf8" });
const NODE = join(node.stdout.trim(), "bin/node");
const skip = node.status !== 0 && `needs the package node-linux-${process.arch} of npm`;
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

const tarballs = () => builtOnce("build-npm");

let installing: Promise<string> | undefined;
const project = () => installing ??= install();
/** A project that has the packages: installed by npm, which gets what they depend on from its registry. */
async function install(): Promise<string> {
  const packed = await tarballs();
  assert.deepEqual(
    packed.map((path) => path.slice(path.lastIndexOf("/") + 1).replace(/linux-\w+/, "linux")),
    [`proctor-${version}.tgz`, `proctor-cli-linux-${version}.tgz`],
  );
  const installed = mkdtempSync(join(tmpdir(), "proctor-npm-"));
  writeFileSync(join(installed, "package.json"), '{ "private": true, "type": "module" }');
  const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...packed];
  const { status, stderr } = spawnSync("npm", words, { cwd: installed, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  cpSync(join(ROOT, "tests/packages/consumer"), installed, { recursive: true });
  return installed;
}
after(async () => {
  const installed = await installing?.catch(() => undefined);
  if (installed) rmSync(installed, { recursive: true });
});

async function inProject(
  file: string,
  ...args: string[]
): Promise<{ code: number; text: string; error: string }> {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: await project(), encoding: "utf8" });
  return { code: status!, text: stdout, error: stderr };
}

describe("the package of npm", { timeout: 400_000 }, () => {
  test("brings the program of this machine, and no path of the machine that made it", async () => {
    const modules = join(await project(), "node_modules");
    assert.equal(readdirSync(join(modules, "@proctor")).length, 1);
    assert.deepEqual(readdirSync(modules).filter((name) => !name.startsWith(".")).sort(), [
      "@proctor",
      "proctor",
      "zod",
    ]);
    const lib = join(modules, "proctor/lib");
    for (const name of readdirSync(lib)) {
      assert.ok(!readFileSync(join(lib, name), "utf8").includes(ROOT), name);
    }
    for (const directory of ["proctor", join("@proctor", readdirSync(join(modules, "@proctor"))[0])]) {
      const notices = readFileSync(join(modules, directory, "THIRD_PARTY.txt"), "utf8");
      assert.match(notices, /^yaml \d+\.\d+\.\d+\n=+\n\n[^]*Permission to use, copy/m);
    }
  });

  test("gives the command, which is the program: output, exit code, signal", async () => {
    const { text } = await inProject("node_modules/.bin/proctor", "--version");
    assert.ok(text.startsWith(version), text);
    const ran = await inProject(
      "node_modules/.bin/proctor",
      "run",
      "--summary",
      "none",
      "--",
      "sh",
      "-c",
      "cat; exit 3",
    );
    assert.deepEqual(ran, { code: 3, text: "", error: "" });
    const none = await inProject("node_modules/.bin/proctor", "run", "--", "no-such-command");
    assert.equal(none.code, 127);
  });

  test("passes signals on, and ends by the one that ends it", async () => {
    const directory = await project();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const child = spawn("node_modules/.bin/proctor", [
        "run",
        "--summary",
        "none",
        "--",
        "sh",
        "-c",
        "echo; exec sleep 600",
      ], {
        cwd: directory,
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      process.kill(child.pid!, signal);
      const [code, by] = await once(child, "exit");
      assert.ok(by === signal || code === 128 + (signal === "SIGINT" ? 2 : 15), `${code} ${by}`);
    }
  });

  test("becomes the program where Node.js can: it has one process", { skip }, async () => {
    const script = "echo $PPID; ps -o comm= -p $PPID";
    const words = [
      "node_modules/proctor/bin/proctor.js",
      "run",
      "--summary",
      "none",
      "--",
      "sh",
      "-c",
      script,
    ];
    const child = spawn(NODE, words, { cwd: await project(), stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (piece) => text += piece);
    assert.deepEqual(await once(child, "close"), [0, null]);
    assert.deepEqual(text.trim().split("\n"), [String(child.pid), "proctor"]);
  });

  test("says what is missing where the program's package is", async () => {
    const directory = mkdtempSync(join(tmpdir(), "proctor-npm-"));
    try {
      cpSync(join(await project(), "node_modules/proctor"), join(directory, "node_modules/proctor"), {
        recursive: true,
      });
      const { status, stderr } = spawnSync("node", [join(directory, "node_modules/proctor/bin/proctor.js")], {
        encoding: "utf8",
      });
      assert.equal(status, 125);
      assert.match(
        stderr,
        /^proctor: there is no program for linux-\w+: the package @proctor\/cli-linux-\w+ is not installed; [^\n]*\n$/,
      );
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  for (const [module, moduleResolution] of [["nodenext", "nodenext"], ["esnext", "bundler"]]) {
    test(`has declarations without an error: ${moduleResolution}`, async () => {
      const directory = await project();
      const config = join(directory, `tsconfig.${moduleResolution}.json`);
      const compilerOptions = {
        module,
        moduleResolution,
        target: "esnext",
        strict: true,
        noEmit: true,
        skipLibCheck: false,
      };
      const exact = {
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        verbatimModuleSyntax: true,
      };
      const typeRoots = [join(ROOT, "node_modules/@types")];
      writeFileSync(
        config,
        JSON.stringify({
          compilerOptions: { ...compilerOptions, ...exact, typeRoots, types: ["node"] },
          files: ["main.ts"],
        }),
      );
      assert.deepEqual(await inProject(BUN, TSC, "-p", config), { code: 0, text: "", error: "" });
    });
  }

  test("is installed for all, and run by npx in a project that has it", async () => {
    const prefix = mkdtempSync(join(tmpdir(), "proctor-npm-"));
    try {
      const words = ["install", "--global", "--prefix", prefix, "--offline", "--no-audit", "--no-fund"];
      // What it depends on lies in npm's cache since the project has it.
      const { status, stderr } = spawnSync("npm", [...words, ...await tarballs()], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      const ran = spawnSync(join(prefix, "bin/proctor"), ["run", "--quiet", "--", "sh", "-c", "exit 5"]);
      assert.equal(ran.status, 5);
      const words2 = ["--no-install", "proctor", "run", "--quiet", "--", "sh", "-c", "exit 6"];
      assert.equal((await inProject("npx", ...words2)).code, 6);
    } finally {
      rmSync(prefix, { recursive: true });
    }
  });

  test("is bundled by Bun and by rolldown, and what they make works on Node.js", { skip }, async () => {
    const directory = await project();
    writeFileSync(
      join(directory, "bundled.mjs"),
      'import { compareSets, parseCondition, recordSchema } from "proctor";\n' +
        'const { error } = recordSchema.safeParse({ kind: "start" });\n' +
        'console.log(typeof compareSets, parseCondition("cpu_seconds > +10%").quantity, error.issues.length > 0);\n',
    );
    const made = join(directory, "made");
    const bun = [
      "build",
      "bundled.mjs",
      "--target=node",
      "--outdir",
      join(made, "bun"),
      "--external",
      "bun:*",
    ];
    const rolldown = [
      "bundled.mjs",
      "--platform",
      "node",
      "--dir",
      join(made, "rolldown"),
      "--external",
      "bun:ffi",
    ];
    for (
      const [file, words] of [[BUN, bun], [BUN, [
        join(ROOT, "node_modules/rolldown/bin/cli.mjs"),
        ...rolldown,
      ]]] as const
    ) {
      const { code, error } = await inProject(file, ...words);
      assert.equal(code, 0, error);
    }
    for (const bundler of ["bun", "rolldown"]) {
      const name = readdirSync(join(made, bundler)).find((entry) => entry.startsWith("bundled"));
      const { code, text, error } = await inProject(NODE, join(made, bundler, name!));
      assert.deepEqual({ code, text }, { code: 0, text: "function cpu_seconds true\n" }, error);
    }
  });

  test("measures on Bun and on Deno", async () => {
    for (const words of [[BUN, "measure.mjs"], [DENO, "run", "--allow-all", "measure.mjs"]]) {
      const { code, text, error } = await inProject(words[0], ...words.slice(1));
      assert.equal(code, 0, error);
      const summary = JSON.parse(text);
      assert.equal(summary.exit_code, 3);
      assert.ok(summary.cpu_seconds > 0.005, text);
    }
  });

  test("reads, checks and draws on plain Node.js, and says there what it cannot do", { skip }, async () => {
    const records = join(await project(), "run.jsonl");
    await inProject(
      "node_modules/.bin/proctor",
      "run",
      "--quiet",
      "--records",
      records,
      "--",
      "sleep",
      "0.3",
    );
    const { code, text, error } = await inProject(NODE, "on_node.mjs", records);
    assert.equal(code, 0, error);
    assert.match(
      text,
      /^\d+ records\nprocesses can be run and watched by Bun and Deno only: this runtime cannot call C functions; [^\n]*\n$/,
    );
  });

  test("leaves nothing behind where its program is killed on Bun", async () => {
    const directory = await project();
    const mark = join(directory, "alive");
    const script =
      `import { run } from "proctor"; await run(["sh", "-c", "echo $$ > ${mark}; exec sleep 600"]);`;
    const child = spawn(BUN, ["-e", script], { cwd: directory, stdio: "ignore" });
    while (!existsSync(mark) || readFileSync(mark, "utf8") === "") {
      await new Promise((next) => setTimeout(next, 20));
    }
    const pid = Number(readFileSync(mark, "utf8"));
    child.kill("SIGKILL");
    await once(child, "exit");
    while (existsSync(`/proc/${pid}`)) await new Promise((next) => setTimeout(next, 20));
  });
});
