import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import {
  brokenArrows,
  circles,
  exportedNames,
  LEAKS,
  leaks,
  readPythonPackage,
  readTree,
  strayRuntimeWords,
  undocumentedExports,
  unknownModules,
  WORDS_FOR_PEOPLE,
} from "./support/architecture.ts";
import { ROOT } from "./support/fixture.ts";

const json = (name: string) => JSON.parse(readFileSync(join(ROOT, name), "utf8"));

/** Fail with the whole list, one a line. */
function assertNone(violations: readonly string[]): void {
  assert.ok(violations.length === 0, `${violations.length} in all:\n${violations.join("\n")}`);
}

describe("the house", () => {
  test("is there to be looked at", () => {
    const tree = readTree(ROOT);
    for (const room of ["core", "ffi", "platform", "host", "group"]) {
      assert.ok(tree.files.some((file) => file.startsWith(`${room}/`)), `no file in ${room}/`);
    }
    assert.ok(tree.imports.length > 100);
  });

  test("has only imports that point down", () => assertNone(brokenArrows(readTree(ROOT))));

  test("has no circle of imports", () => assertNone(circles(readTree(ROOT))));

  test("has none in its Python package either", () => {
    const tree = readPythonPackage(ROOT, "python/proctor");
    assert.ok(tree.imports.length > 20);
    assertNone(circles(tree));
  });

  test("speaks to each runtime's FFI in exactly one file", () =>
    assertNone(strayRuntimeWords(readTree(ROOT))));

  test("names the operating system in platform/ only", () => {
    const found = leaks(readTree(ROOT));
    const known = [...LEAKS, ...WORDS_FOR_PEOPLE];
    assertNone(found.filter((leak) => !known.includes(leak)));
    assert.deepEqual(known.filter((leak) => !found.includes(leak)), [], "exceptions that are none any more");
  });

  test("imports only modules of node: and dependencies of the package", () => {
    assertNone(unknownModules(readTree(ROOT), Object.keys(json("package.json").dependencies)));
  });

  const noLibrary = !existsSync(join(ROOT, "mod.ts")) && "mod.ts is not written yet";
  test("documents every export of the library", { skip: noLibrary }, () => {
    const tree = readTree(ROOT);
    assert.ok(exportedNames(tree, "mod.ts").length > 0, "mod.ts exports nothing");
    assertNone(undocumentedExports(tree, "mod.ts"));
  });
});

test("no group of tests is skipped as a whole: Bun would not count them", () => {
  const whole = /\bdescribe\(\s*(["'`])(?:\\.|(?!\1).)*\1,\s*\{[^}]*\bskip\b/;
  assert.match('describe("a \\"b\\"", { skip: !c && "needs c" }, () => {', whole);
  const tests = readdirSync(join(ROOT, "tests"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"));
  assert.ok(tests.length > 300, `${tests.length} files`);
  assert.deepEqual(
    tests.filter((name) =>
      name !== "architecture.test.ts" && whole.test(readFileSync(join(ROOT, "tests", name), "utf8"))
    ),
    [],
  );
});

test("the version in the code is that of the package", async () => {
  const { VERSION } = await import("../core/schema/version.ts");
  assert.equal(VERSION, json("package.json").version);
});

describe("deno.json and package.json", () => {
  const bare = (name: string) => name.replace(/^@[^/]+\//, "");

  test("agree on name, version, license and exports", () => {
    const [deno, npm] = [json("deno.json"), json("package.json")];
    assert.equal(bare(deno.name), bare(npm.name));
    assert.equal(deno.version, npm.version);
    assert.equal(deno.license, npm.license);
    const map = (exports: string | Record<string, string>) =>
      typeof exports === "string" ? { ".": exports } : exports;
    // But for Node.js, which runs no such sources.
    for (const condition of ["types", "bun", "deno", "default"]) {
      const entries = Object.entries<Record<string, string>>(npm.exports);
      assert.deepEqual(
        map(deno.exports),
        Object.fromEntries(entries.map(([path, one]) => [path, one[condition]])),
      );
    }
  });

  test("agree on the version of every dependency, and each is pinned", () => {
    const [deno, npm] = [json("deno.json"), json("package.json")];
    const pinned: Record<string, string> = { ...npm.devDependencies, ...npm.dependencies };
    for (const [name, version] of Object.entries(pinned)) {
      assert.match(version, /^\d+\.\d+\.\d+[\w.+-]*$/, name);
    }
    for (const [name, target] of Object.entries<string>(deno.imports)) {
      if (target.startsWith("npm:")) {
        assert.equal(target.replace(/\/$/, ""), `npm:${bareModule(name)}@${pinned[bareModule(name)]}`);
      }
    }
    for (const name of Object.keys(npm.dependencies)) {
      assert.ok(name in deno.imports, `${name} is missing in deno.json`);
    }
  });

  const bareModule = (name: string) => name.split("/").slice(0, name.startsWith("@") ? 2 : 1).join("/");
});

describe("the checker finds what is planted in another tree", () => {
  function plant(files: Readonly<Record<string, string>>): { root: string } & Disposable {
    const root = mkdtempSync(join(tmpdir(), "proctor-house-"));
    for (const [path, source] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), source);
    }
    return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
  }

  test("imports that point up, sideways, nowhere, or at a command", () => {
    using tree = plant({
      "core/a.ts": 'import { b } from "../platform/b.ts";\nexport const a = b;\n',
      "core/error.ts": "export const e = 1;\n",
      "core/c.ts": 'import type {\n  D,\n} from "../exporters/d.ts";\nexport type C = D;\n',
      "exporters/d.ts": 'export type { G as D } from "../group/g.ts";\n',
      "group/g.ts": 'export const late = () => import("../ffi/mod.ts");\nexport type G = 1;\n',
      "ffi/mod.ts": 'import "../core/error.ts";\nimport "../core/c.ts";\n',
      "group/h.ts": 'import "../platform/b.ts";\nimport "../platform/mod.ts";\n',
      "platform/b.ts": 'import { missing } from "./missing.ts";\nexport const b = missing;\n',
      "platform/mod.ts": 'import "./b.ts";\n',
      "supervisor/s.ts": 'import "../exporters/d.ts";\nimport "../exporters/settings.ts";\n',
      "exporters/settings.ts": "export {};\n",
      "commands/run.ts": 'import "../cli.ts";\nimport "../group/g.ts";\nimport "./stop.ts";\n',
      "commands/stop.ts": "export {};\n",
      "mod.ts": 'import "./commands/run.ts";\nexport const load = (name: string) => import(name);\n',
      "cli.ts": 'import "./commands/run.ts";\n',
      "attic/x.ts": "export {};\n",
      "tests/core/a.test.ts": 'import "../../commands/run.ts";\n',
      "node_modules/zod/index.ts": 'import "../../core/a.ts";\n',
    });
    assert.deepEqual(brokenArrows(readTree(tree.root)).toSorted(), [
      "attic/x.ts stands in no room of the house",
      "commands/run.ts imports cli.ts",
      "core/a.ts imports platform/b.ts",
      "core/c.ts imports exporters/d.ts",
      "exporters/d.ts imports group/g.ts",
      "ffi/mod.ts imports core/c.ts",
      "group/g.ts imports ffi/mod.ts",
      "group/h.ts imports platform/b.ts",
      "mod.ts imports commands/run.ts",
      "mod.ts imports something that only the running program knows",
      "platform/b.ts imports platform/missing.ts, which is not there",
      "supervisor/s.ts imports exporters/d.ts",
    ]);
  });

  test("circles, within a room and between rooms", () => {
    using tree = plant({
      "core/a.ts": 'import "./b.ts";\n',
      "core/b.ts": 'import type { C } from "./c.ts";\n',
      "core/c.ts": 'export * from "./a.ts";\n',
      "group/d.ts": 'import "../core/a.ts";\nimport "../platform/e.ts";\n',
      "platform/e.ts": 'import "../group/d.ts";\n',
    });
    assert.deepEqual(circles(readTree(tree.root)), [
      "core/a.ts → core/b.ts → core/c.ts → core/a.ts",
      "group/d.ts → platform/e.ts → group/d.ts",
    ]);
  });

  test("circles of a Python package, of types alone as well", () => {
    using tree = plant({
      "p/__init__.py": "from ._a import A\nimport os\n",
      "p/_a.py": "from ._b import (\n    B,\n)\n",
      "p/_b.py": "if TYPE_CHECKING:\n    from ._a import A\n",
    });
    assert.deepEqual(circles(readPythonPackage(tree.root, "p")), ["_a.py → _b.py → _a.py"]);
  });

  test("a second place that knows a runtime's FFI, and a first one that is gone", () => {
    using tree = plant({
      "ffi/bun.ts": 'const ffi = process.getBuiltinModule("bun:ffi");\n',
      "platform/x.ts": 'import { dlopen } from "bun:ffi";\nconst f = new Deno.UnsafeFnPointer(p, s);\n',
    });
    const stray = strayRuntimeWords(readTree(tree.root));
    assert.equal(stray.length, 3);
    assert.deepEqual(stray.map((line) => line.split(" ", 1)[0]), [
      "platform/x.ts",
      "platform/x.ts",
      "ffi/deno.ts",
    ]);
  });

  test("an operating system that is named outside of platform/, but not in comments", () => {
    using tree = plant({
      "platform/a.ts": 'export const path = "/proc/self/stat";\n',
      "core/a.ts":
        '/* /proc, umask */\nexport const b = 1; // SIGCHLD\n/** "/etc" */\nimport "../sys/a.ts";\n',
      "group/a.ts": 'process.on("SIGCHLD", f);\nconst url = "http://x"; process.umask(0);\n',
      "host/a.ts":
        "const p = `/proc/${pid}`;\nconst q = /[`/*]/; // /sys\nconst isEtc = /^\\/etc\\//.test(p);\n",
      "monitor/a.ts": 'if (container.mechanism === other) f();\nif ("cgroup" in query) g();\n',
      "io/a.ts": "const own = process.geteuid?.();\nconst SIGKILL = 9;\nconst path = env.PATH;\n",
      "render/a.ts": 'switch (name) {\n  case "subreaper":\n}\n',
    });
    assert.deepEqual(leaks(readTree(tree.root)), [
      "group/a.ts says SIGCHLD",
      "group/a.ts says umask",
      "host/a.ts says /etc",
      "host/a.ts says /proc",
      "io/a.ts says who we are",
      "io/a.ts says the numbers of signals",
      "io/a.ts says where commands are",
      "monitor/a.ts says a mechanism's name",
      "render/a.ts says a mechanism's name",
    ]);
  });

  test("a module that is not a dependency", () => {
    using tree = plant({
      "core/a.ts": 'import "node:fs";\nimport "zod/v4";\nimport "left-pad";\nimport "@a/b/c.ts";\n',
    });
    const unknown = unknownModules(readTree(tree.root), ["zod"]);
    assert.deepEqual(unknown, ["core/a.ts imports left-pad", "core/a.ts imports @a/b/c.ts"]);
  });

  test("exports without words", () => {
    using tree = plant({
      "mod.ts": 'export { a, type B } from "./core/a.ts";\nexport * from "./core/c.ts";\n',
      "core/a.ts":
        "/** Said. */\nexport const a = 1;\n\nexport interface B {\n  b: 1;\n}\n/** Not public. */\nexport const no = 1;\n",
      "core/c.ts":
        "/** Said. */\nexport function c() {}\n// no doc comment\nexport async function d() {}\nexport class E {}\n",
    });
    const undocumented = undocumentedExports(readTree(tree.root), "mod.ts");
    assert.deepEqual(undocumented, ["B (core/a.ts)", "d (core/c.ts)", "E (core/c.ts)"]);
  });
});
