import assert from "node:assert/strict";
import { linkSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readWatchConfig } from "../../../agent/watch_config.ts";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { scratch } from "../support/files.ts";
import type { Scratch } from "../support/files.ts";

const faultsIn = (load: () => unknown): string[] => {
  try {
    load();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String((error as Error).stack));
    // Without the directory, and without the name of the main file.
    return error.lines.map((line) =>
      line.replaceAll(/\/\S*\/proctor-s-\w+\//g, "").replace(/^main\.yaml: ?/, "")
    );
  }
  assert.fail("expected faults, found none");
};

function faultsOf(text: string | Uint8Array, read: (path: string) => unknown = loadConfig): string[] {
  using files = scratch();
  const path = join(files.path, "main.yaml");
  writeFileSync(path, text);
  return faultsIn(() => read(path));
}

describe("merge keys and extension keys", () => {
  const COMMON = `
x-common: &common
  working_directory: /
  restart_policy: always
  environment: &environment { A: 1, B: 2 }
x-more: &more { graceful_timeout: 3s, restart_policy: never }
`;

  test("a mapping takes over the keys of another, and its own go before them", () => {
    using files = scratch();
    const { definitions: [{ launch, restart }] } = loadConfig(files.write(
      "main.yaml",
      `${COMMON}
managed_processes:
  - id: a
    x-owner: { team: web }
    management:
      control:
        <<: *common
        executable: sleep
        x-note: whatever
        environment: { <<: *environment, B: own, x-kept: yes }
`,
    ));
    assert.equal(launch?.workingDirectory, "/");
    assert.equal(restart.policy, "always");
    // A variable may have such a name: where any key may stand, none is an extension.
    assert.deepEqual(launch?.environment, { A: "1", B: "own", "x-kept": "yes" });
  });

  test("of a list of mappings the first goes before the rest", () => {
    using files = scratch();
    const { definitions } = loadConfig(files.write(
      "main.yaml",
      `${COMMON}
managed_processes:
  - { id: a, management: { control: { executable: x, <<: [*common, *more] } } }
  - { id: b, management: { control: { executable: x, <<: [*more, *common] } } }
`,
    ));
    assert.deepEqual(definitions.map(({ restart }) => restart.policy), ["always", "never"]);
    assert.deepEqual(definitions.map(({ launch }) => launch?.gracefulTimeoutMs), [3_000, 3_000]);
  });

  test("a fault in what is merged stands where it was written", () => {
    assert.deepEqual(
      faultsOf(`x-a: &a { restart_policy: allways }
managed_processes:
  - { id: a, management: { control: { executable: x, <<: *a } } }
`),
      [
        '1:27: managed_processes.0.management.control.restart_policy: "allways" is none of never, on_failure, always, unless_stopped; did you mean "always"?',
      ],
    );
  });

  const FAULTS: readonly (readonly [text: string, fault: RegExp])[] = [
    ["a: &a 1\nb: { <<: *a }", /^2:10: <<: << takes over the keys of a mapping, or of a list of them/],
    ["a: &a {}\nb: { <<: *a, <<: *a }", /^2:14: <<: << is there already; write <<: \[\*first, \*second\]$/],
    ["b: { <<: *none }", /^1:10: there is no anchor &none before it$/],
    ["process_manager: { y-common: 1 }", /^1:20: process_manager\.y-common: there is no such key/],
  ];
  for (const [text, fault] of FAULTS) {
    test(`fault: ${JSON.stringify(text)}`, () => {
      assert.ok(faultsOf(text).some((line) => fault.test(line)), faultsOf(text).join("\n"));
    });
  }

  test("in the file of watch, too", () => {
    using files = scratch();
    const { config, exports } = readWatchConfig(
      files.write(
        "watch.yaml",
        `
x-common: &common { interval: 5s, tree: false }
mqtt: mqtt://localhost
domain: 0123
targets:
  - { <<: *common, name: 0815, x-why: it is ours }
`,
      ),
      {},
    );
    assert.deepEqual(
      config.targets.map(({ name, interval, tree }) => [name, interval, tree]),
      [["0815", 5_000, false]],
    );
    assert.equal(exports.domain, "0123");
  });
});

const bomb = (levels: number) =>
  "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" +
  Array.from({ length: levels }, (_, level) =>
    `a${level + 1}: &a${level + 1} [${Array(10).fill(`*a${level}`).join(",")}]\n`).join("");

describe("what is too much", () => {
  const TOO_MUCH = /too much in it|values, aliases written out; the most is/;
  const CASES: readonly (readonly [what: string, text: string, fault: RegExp])[] = [
    [
      "nine levels of ten aliases",
      bomb(9),
      /^7:10: that is 1,111,111 values, aliases written out; the most is 200,000/,
    ],
    ["forty levels of ten aliases", bomb(40), TOO_MUCH],
    ["merges of merges", bomb(9).replaceAll(/\[(.*?)\]/g, "{ <<: [$1] }"), /takes over|values, aliases/],
    ["an alias of itself", "a: &a [*a, *a]", /^1:8: \*a is inside of what it stands for$/],
    ["a million brackets", `a: ${"[".repeat(1_000_000)}`, /nested more than 50 deep/],
    ["many lists in lists", "- ".repeat(60_000), /nested more than 50 deep/],
    [
      "mappings far in",
      Array.from({ length: 99 }, (_, i) => `${" ".repeat(i)}a:\n`).join(""),
      /nested more than 50 deep/,
    ],
    [
      "aliases that nest",
      Array.from({ length: 60 }, (_, i) => `a${i}: &a${i} [${i ? `*a${i - 1}` : ""}]\n`).join(""),
      /nested more than 50 deep/,
    ],
    ["very many keys", Array.from({ length: 180_000 }, (_, i) => `k${i}:\n`).join(""), TOO_MUCH],
    ["very many comments", "#\n".repeat(1_000_000), TOO_MUCH],
    ["openings of variables", `x-a: '${"${A:-".repeat(500_000)}'`, /begins a variable/],
    [
      "a large file",
      `x-a: "${"x".repeat(4 * 1_048_576)}"`,
      /^it is larger than 4 MiB, which is the most$/,
    ],
  ];
  for (const [what, text, fault] of CASES) {
    test(`${what}: refused in a line or two, soon`, { timeout: 60_000 }, () => {
      for (const read of [loadConfig, readWatchOrFault]) {
        const startedMs = performance.now();
        const faults = faultsOf(text, read);
        const tookMs = performance.now() - startedMs;
        assert.ok(
          faults.length <= 2 && faults.some((line) => fault.test(line)),
          faults.slice(0, 3).join("\n"),
        );
        // Written out they would take minutes; a machine in use is slow.
        assert.ok(tookMs < 15_000, `${tookMs} ms`);
      }
    });
  }

  test("a bomb takes no longer than a word", { timeout: 60_000 }, () => {
    faultsOf(bomb(9));
    const took = Array.from({ length: 5 }, () => {
      const startedMs = performance.now();
      faultsOf(bomb(9));
      return performance.now() - startedMs;
    });
    assert.ok(Math.min(...took) < 100, `${took} ms`);
  });

  test("aliases that are worth something are not too much", () => {
    using files = scratch();
    const entries = Array.from(
      { length: 1_000 },
      (_, i) => `  - { id: p${i}, management: { control: { <<: *c, arguments: [ "${i}" ] } } }\n`,
    );
    const { definitions } = loadConfig(files.write(
      "main.yaml",
      `x-c: &c { executable: sleep, environment: { A: 1 }, restart_policy: always }\nmanaged_processes:\n${
        entries.join("")
      }`,
    ));
    assert.equal(definitions.length, 1_000);
    assert.deepEqual(definitions[999].launch?.command, ["sleep", "999"]);
  });

  test("faults are told as far as anybody reads them", () => {
    const entries = Array.from({ length: 3_000 }, (_, i) => `  - { id: p${i}, typo: 1 }\n`).join("");
    const faults = faultsOf(`managed_processes:\n${entries}`);
    assert.ok(faults.length <= 201, String(faults.length));
    assert.match(faults.at(-1)!, /there may be more faults/);
  });
});

/** The file of watch tells of what cannot be read at all by an error of its own. */
function readWatchOrFault(path: string): void {
  try {
    readWatchConfig(path, {});
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError([
      {
        at: { file: "main.yaml", line: 0, column: 0 },
        key: "",
        message: (error as Error).message.replace(/^[^:]*: /, ""),
      },
    ]);
  }
}

describe("files that are no configuration", () => {
  const CASES: readonly (readonly [what: string, bytes: string | Uint8Array, fault: RegExp])[] = [
    [
      "several documents",
      "managed_processes: []\n---\nmanaged_processes: []\n",
      /^2:1: a second document begins here; leave the "---" out/,
    ],
    [
      "UTF-16",
      Buffer.from("\ufeffmanaged_processes: []\n", "utf16le"),
      /^it is UTF-16; save it as UTF-8$/,
    ],
    [
      "a binary file",
      Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0]),
      /^it is not text: a binary file\?$/,
    ],
    ["Latin-1", Buffer.from("a: 1\nb: \xfc\n", "latin1"), /^line 2 is not UTF-8/],
    ["an unknown tag", "managed_processes: !vault x\n", /^1:20: this tag is unknown; leave it out$/],
  ];
  for (const [what, bytes, fault] of CASES) {
    test(`${what}: one line`, () => {
      const faults = faultsOf(bytes);
      assert.match(faults[0], fault);
      assert.ok(what === "an unknown tag" || faults.length === 1, faults.join("\n"));
    });
  }

  test("one document between its marks is one", () => {
    using files = scratch();
    assert.deepEqual(
      loadConfig(files.write("a.yaml", "\ufeff%YAML 1.2\n---\nmanaged_processes: []\n...\n")).definitions,
      [],
    );
  });
});

describe("includes", () => {
  const load = (files: Scratch, text: string) => faultsIn(() => loadConfig(files.write("main.yaml", text)));

  test("of a file that includes the first, by whatever name, is a circle", () => {
    using files = scratch();
    symlinkSync(join(files.path, "main.yaml"), join(files.path, "again.yaml"));
    assert.match(
      load(files, "include: [again.yaml]")[0],
      /^1:11: include: "again\.yaml" includes itself in the end/,
    );
  });

  test("of one file by two names is told", () => {
    using files = scratch();
    linkSync(files.write("one.yaml", "managed_processes: []"), join(files.path, "two.yaml"));
    assert.match(
      load(files, "include: [one.yaml, two.yaml]")[0],
      /^1:21: include: "two\.yaml" is included already/,
    );
  });

  test("a chain without an end has one", () => {
    using files = scratch();
    for (let i = 0; i < 30; i++) files.write(`f${i}.yaml`, `include: [f${i + 1}.yaml]`);
    const faults = load(files, "include: [f0.yaml]");
    assert.equal(faults.length, 1);
    assert.match(faults[0], /files are included more than 8 deep$/);
  });

  test("all files together are bounded", { timeout: 60_000 }, () => {
    using files = scratch();
    for (let i = 0; i < 6; i++) {
      files.write(`big${i}.yaml`, `x-a: "${"x".repeat(3_500_000)}"\nmanaged_processes: []\n`);
    }
    assert.match(load(files, "include: ['big*.yaml']").join("\n"), /larger than 16 MiB together/);
    for (let i = 0; i < 1_100; i++) files.write(`small/${i}.yaml`, "managed_processes: []\n");
    assert.match(load(files, "include: ['small/*.yaml']").join("\n"), /there are more than 1000 files/);
  });

  test("a pattern that would lead everywhere is refused", () => {
    using files = scratch();
    assert.match(load(files, "include: ['/**/*.yaml']")[0], /\*\* is not understood/);
    assert.match(
      load(files, "include: ['/proc/*/*/*/*']")[0],
      /more than 20000 names would have to be read/,
    );
  });

  test("patterns mean what they mean in a shell, in the order of names", () => {
    using files = scratch();
    for (const name of ["b1", "a1", "a2", ".hidden", "c[1]"]) {
      files.write(
        `conf.d/${name}.yaml`,
        `managed_processes: [ { id: ${
          JSON.stringify(name.replace(/\W/g, ""))
        }, management: { control: { executable: x } } } ]`,
      );
    }
    const ids = (pattern: string) =>
      loadConfig(files.write("main.yaml", `include: [${JSON.stringify(pattern)}]`)).definitions.map((
        { id },
      ) => id);
    assert.deepEqual(ids("conf.d/*.yaml"), ["a1", "a2", "b1", "c1"]);
    assert.deepEqual(ids("conf.?/[!a]1.yaml"), ["b1"]);
    assert.deepEqual(ids("*/a[0-9].yaml"), ["a1", "a2"]);
    assert.deepEqual(ids(`${files.path}/*/.h*`), ["hidden"]);
    assert.deepEqual(ids("none/*.yaml"), []);
  });
});
