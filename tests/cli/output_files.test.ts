/*
 * Files that options name: formats by name, nothing of others overwritten, no output that is an input, no FIFO waited
 * for.
 */
import assert from "node:assert/strict";
import { linkSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { withDirectory } from "./support/directory.ts";
import { proctor, shell } from "./support/proctor.ts";

const THEIRS = "all:\n\tcc x.c\n";

/** A directory with the records of runs, and a file of somebody else. */
function inDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  return withDirectory(async (directory) => {
    const { code } = await proctor(["run", "-q", "--repeat", "3", "--records", "runs.jsonl", "--", "true"], {
      cwd: directory,
    });
    assert.equal(code, 0);
    return await use(directory);
  });
}

/** Options that write, each with a name it takes. */
const WRITING = [
  ["run", ["--records", "x.jsonl"], ["--", "true"]],
  ["run", ["--records", "x.csv"], ["--", "true"]],
  ["run", ["--report", "x.html"], ["--", "true"]],
  ["run", ["--summary-file", "x.txt"], ["--", "true"]],
  ["run", ["--summary-file", "x.json"], ["--", "true"]],
  ["run", ["--prometheus-textfile", "x.prom"], ["--", "true"]],
  ["report", ["runs.jsonl", "-o", "x.html"], []],
  ["plot", ["runs.jsonl", "-o", "x.svg"], []],
  ["plot", ["runs.jsonl", "-o", "x.png"], []],
  ["compare", ["runs.jsonl", "-o", "x.txt"], []],
  ["compare", ["runs.jsonl", "-o", "x.md"], []],
  ["compare", ["runs.jsonl", "-o", "x.json"], []],
  ["compare", ["runs.jsonl", "--report", "x.html"], []],
] as const;

describe("a file that is there", () => {
  for (const [verb, options, rest] of WRITING) {
    test(`${verb} ${options.join(" ")}`, { timeout: 120_000 }, () =>
      inDirectory(async (cwd) => {
        const file = `${cwd}/${options.at(-1)}`;
        const again = (...more: string[]) => proctor([verb, ...more, ...options, ...rest], { cwd });
        writeFileSync(file, THEIRS);
        const refused = await again();
        assert.equal(refused.code, verb === "compare" ? 2 : 125);
        assert.match(
          refused.stderr,
          /^proctor: --[\w-]+: x\.\w+ is there and is not [^\n]+; --force overwrites it\n$/,
        );
        assert.equal(refused.stderr.match(/of proctor/g)?.length, 1, refused.stderr);
        assert.equal(readFileSync(file, "utf8"), THEIRS);
        assert.equal((await again("--force")).code, 0);
        assert.notEqual(readFileSync(file, "utf8"), THEIRS);
        const own = await again();
        assert.equal(own.code, 0, `what proctor has written is overwritten: ${own.stderr}`);
        assert.deepEqual(
          readdirSync(cwd).sort(),
          ["runs.jsonl", options.at(-1)!].sort(),
          "something is left beside it",
        );
      }));
  }

  test("watch adds to its own messages only", { timeout: 120_000 }, () =>
    inDirectory(async (cwd) => {
      writeFileSync(`${cwd}/x.jsonl`, THEIRS);
      // What is watched ends once a message of it stands in the file.
      const target = "size=$(wc -c <x.jsonl); until [ $(wc -c <x.jsonl) -gt $size ]; do sleep 0.05; done";
      const watch =
        `(${target}) & $PROCTOR watch -q --pid $! --interval 100ms --records x.jsonl; echo "code $?"; kill $! 2>/dev/null`;
      const { stdout, stderr } = await shell(watch, { cwd });
      assert.equal(stdout.toString(), "code 125\n");
      assert.match(stderr, /^proctor: --records: x\.jsonl is there and is not records of proctor/);
      assert.equal(readFileSync(`${cwd}/x.jsonl`, "utf8"), THEIRS);
      writeFileSync(`${cwd}/x.jsonl`, "");
      for (let round = 0; round < 2; round++) {
        assert.equal((await shell(watch, { cwd })).stdout.toString(), "code 0\n");
      }
    }));
});

describe("an output", () => {
  test("is never an input, by whatever name", { timeout: 120_000 }, () =>
    inDirectory(async (cwd) => {
      const before = readFileSync(`${cwd}/runs.jsonl`);
      linkSync(`${cwd}/runs.jsonl`, `${cwd}/hard.html`);
      symlinkSync("runs.jsonl", `${cwd}/soft.html`);
      symlinkSync("runs.jsonl", `${cwd}/soft.svg`);
      for (
        const words of [
          "report runs.jsonl -o hard.html",
          "report --force runs.jsonl -o soft.html",
          "report --force - -o soft.html <runs.jsonl",
          "report --force hard.html -o ./hard.html",
          "plot --force runs.jsonl -o soft.svg",
          "compare --force hard.html --report soft.html",
          "compare --force soft.html -o ./runs.jsonl",
          "compare --force soft.svg runs.jsonl -o soft.html",
        ]
      ) {
        const { stdout, stderr } = await shell(`$PROCTOR ${words}; echo "code $?"`, { cwd });
        assert.match(stdout.toString(), /code (125|2)\n$/, words);
        assert.match(stderr, /^proctor: --(output|report): [^\n]+\n$/, words);
        assert.deepEqual(readFileSync(`${cwd}/runs.jsonl`), before, words);
      }
    }));

  test("is not another output", { timeout: 120_000 }, () =>
    withDirectory(async (cwd) => {
      const { code, stderr } = await proctor(
        ["run", "--records", "a", "--summary-file", "./a", "--", "true"],
        { cwd },
      );
      assert.equal(code, 125);
      assert.equal(stderr, "proctor: --summary-file: ./a is what --records writes, too; name another file\n");
      assert.deepEqual(readdirSync(cwd), []);
    }));
});

describe("a name says the format", () => {
  const faults = [
    [["run", "--records", "a.html", "--", "true"], /--records: "a\.html" has a name that records have not/],
    [["run", "--records", "a.gz", "--", "true"], /--records: "a\.gz"/],
    [
      ["run", "--records", "a.csv", "--format", "jsonl", "--", "true"],
      /--format: "a\.csv" is to be JSON lines/,
    ],
    [["run", "--records", "a.csv", "--repeat", "2", "--", "true"], /--records: rows of CSV do not say/],
    [["run", "--report", "a.txt", "--", "true"], /--report: "a\.txt" is not a name of a page/],
    [["run", "--csv-safe", "--records", "a", "--", "true"], /--csv-safe: there is no CSV/],
    [["report", "runs.jsonl", "-o", "a.pdf"], /--output: "a\.pdf" is not a name of a page/],
    [["compare", "runs.jsonl", "-o", "a.svg"], /--output: "a\.svg" is not a name for a comparison/],
    [["watch", "--pid", "1", "--records", "a.csv"], /--records: messages are JSON lines/],
  ] as const;
  for (const [args, said] of faults) {
    test(args.join(" "), { timeout: 120_000 }, () =>
      inDirectory(async (cwd) => {
        const { code, stderr } = await proctor(args, { cwd });
        assert.equal(code, args[0] === "compare" ? 2 : 125);
        assert.match(stderr, /^proctor: [^\n]+\n$/);
        assert.match(stderr, said);
        assert.deepEqual(readdirSync(cwd), ["runs.jsonl"]);
      }));
  }

  test("CSV, JSON and Markdown without another word", { timeout: 120_000 }, () =>
    inDirectory(async (cwd) => {
      const read = (name: string) => readFileSync(`${cwd}/${name}`, "utf8");
      await proctor(["run", "-q", "--records", "a.csv", "--summary-file", "a.json", "--", "true"], { cwd });
      assert.match(read("a.csv"), /^timestamp,/);
      assert.equal(JSON.parse(read("a.json")).kind, "summary");
      await proctor(["compare", "runs.jsonl", "-o", "a.md"], { cwd });
      assert.match(read("a.md"), /^\| {2}\| runs /);
      await proctor(["compare", "runs.jsonl", "-o", "b.json"], { cwd });
      assert.equal(JSON.parse(read("b.json")).kind, "comparison");
    }));
});

describe("a FIFO that nobody reads", () => {
  for (
    const [words, said, code] of [
      ["run -q --records fifo -- touch done", "records: cannot write fifo", 0],
      ["run -q --summary-file fifo -- touch done", "summary: cannot write fifo", 125],
      ["run -q --report fifo -- touch done", "report: cannot write fifo", 0],
      ["report runs.jsonl -o fifo", "cannot write fifo", 125],
      ["compare runs.jsonl -o fifo", "output: cannot write fifo", 2],
    ] as const
  ) {
    test(words, { timeout: 120_000 }, () =>
      inDirectory(async (cwd) => {
        const { stdout, stderr } = await shell(
          `mkfifo fifo; $PROCTOR ${words}; echo "code $?"; case '${words}' in run*) [ -e done ];; esac || echo undone`,
          { cwd },
        );
        assert.equal(stdout.toString(), `code ${code}\n`);
        assert.ok(stderr.startsWith(`proctor: ${said}: it has no reader`), stderr);
        assert.equal(stderr.trimEnd().split("\n").length, 1);
      }));
  }

  test("and one that somebody reads", { timeout: 120_000 }, () =>
    withDirectory(async (cwd) => {
      const { stdout, stderr } = await shell(
        `mkfifo fifo; cat fifo >copy & $PROCTOR run -q --summary json --summary-file fifo -- true; wait; cat copy`,
        { cwd },
      );
      assert.equal(stderr, "");
      assert.equal(JSON.parse(stdout.toString()).kind, "summary");
    }));

  test("is not a PID file", { timeout: 120_000 }, () =>
    withDirectory(async (cwd) => {
      const { stdout } = await shell(`mkfifo fifo; $PROCTOR watch --pid-file fifo --check`, { cwd });
      assert.match(stdout.toString(), /fifo: it is a pipe \(FIFO\); name a regular file/);
    }));
});

describe("a path that names what is open already", () => {
  for (
    const [options, where] of [
      ["--summary-file /dev/stdout", ">x"],
      ["--summary-file /dev/stdout", ">>x"],
      ["--summary-file /dev/stdout", "| cat >x"],
      ["--summary-file /proc/self/fd/1", ">x"],
      ["--summary-file /dev/fd/3", "3>&1 >x 3>&1"],
      ["--summary-file /dev/stderr", "2>&1 >x 2>&1"],
      ["-q --records /dev/fd/3", ">x 3>&1"],
    ] as const
  ) {
    test(
      `${options} ${where}: what others write there stays`,
      { timeout: 120_000 },
      () =>
        withDirectory(async (cwd) => {
          if (where.startsWith(">>")) writeFileSync(`${cwd}/x`, THEIRS);
          const { stderr } = await shell(`$PROCTOR run ${options} -- echo hi ${where}`, { cwd });
          assert.equal(stderr, "");
          const text = readFileSync(`${cwd}/x`, "utf8");
          assert.match(
            text,
            where.startsWith(">>") ? /^all:\n\tcc x\.c\nhi\n/ : /^(?:\{"kind":"start".*\n)?hi\n/,
          );
          assert.match(text, /\n(?:proctor {2}|\{"kind":"summary")/);
        }),
    );
  }

  test("standard output is not both the records' and the summary's", { timeout: 120_000 }, async () => {
    const { code, stderr } = await proctor([
      ...["run", "--records", "/dev/stdout", "--summary-file", "/dev/fd/1", "--", "true"],
    ]);
    assert.equal(code, 125);
    assert.match(stderr, /^proctor: --summary-file: standard output belongs to the records; [^\n]+\n$/);
  });

  test(
    "records on standard output have it for themselves, by whatever name",
    { timeout: 120_000 },
    () =>
      withDirectory(async (cwd) => {
        const { stderr } = await shell("$PROCTOR run -q --records /dev/stdout -- echo hi >>x", { cwd });
        assert.equal(stderr, "hi\n");
        assert.match(
          readFileSync(`${cwd}/x`, "utf8"),
          /^\{"kind":"start".*\n(?:.*\n)*\{"kind":"summary".*\n$/,
        );
      }),
  );

  test("report runs.jsonl -o /dev/stdout", { timeout: 120_000 }, () =>
    inDirectory(async (cwd) => {
      const { stdout, stderr } = await shell("$PROCTOR report runs.jsonl -o /dev/stdout | cat", { cwd });
      assert.equal(stderr, "");
      assert.match(stdout.toString(), /^<!DOCTYPE html>[^]*<\/html>\s*$/);
    }));
});
