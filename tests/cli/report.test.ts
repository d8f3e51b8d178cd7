import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { inflateRawSync } from "node:zlib";
import { describe, test } from "node:test";
import { decodeColumn } from "../../render/page/column_codec.ts";
import type { PagePayload } from "../../render/page/payload.ts";
import { madeLines } from "../render/support/made_run.ts";
import { withDirectory } from "./support/directory.ts";
import { proctor, runProgram } from "./support/proctor.ts";
import { SOURCE } from "./support/runtimes.ts";

const made = `${madeLines().join("\n")}\n`;

/** What a page holds, read back from it. */
function readPage(html: string): { payload: PagePayload; column: (run: number, name: string) => number[] } {
  const payload: PagePayload = JSON.parse(
    /<script type="application\/json" id="payload">(.*?)<\/script>/s.exec(html)![1],
  );
  const column = (run: number, name: string) => {
    const text = new RegExp(`id="run-${run}">([^<]*)</script>`).exec(html)![1];
    const bytes = inflateRawSync(Buffer.from(text, "base64"));
    let at = 0;
    for (const one of payload.runs[run].columns) {
      if (one.name === name) {
        return [...decodeColumn(bytes.subarray(at, at + one.bytes), one.count, one.scale)];
      }
      at += one.bytes;
    }
    assert.fail(`no column ${name}`);
  };
  return { payload, column };
}

describe("proctor report", () => {
  test("writes a page that holds every sample", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/run.jsonl`, made);
      const { code, stdout, stderr } = await proctor(["report", "run.jsonl", "-o", "run.html"], {
        cwd: directory,
      });
      assert.deepEqual([code, stdout.toString()], [0, ""]);
      assert.match(stderr, /^proctor: the page is run\.html \(\d+ KiB\)\n$/);
      const html = readFileSync(`${directory}/run.html`, "utf8");
      assert.match(html, /^<!DOCTYPE html>/);
      const { payload, column } = readPage(html);
      assert.equal(payload.runs[0].title, "made");
      assert.deepEqual(column(0, "cpu_percent"), Array.from({ length: 100 }, (_, index) => index + 1));
      assert.deepEqual(column(0, "elapsed_seconds").slice(0, 3), [0.1, 0.2, 0.3]);
      assert.equal(column(0, "pid").length, 20);
      assert.deepEqual(readdirSync(directory).sort(), ["run.html", "run.jsonl"], "something was left");
    });
  });

  test("takes several files, a run that was cut off, and standard input; - is standard output", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/a.jsonl`, made + made);
      writeFileSync(`${directory}/b.jsonl`, made.slice(0, -300));
      const { code, stdout, stderr } = await proctor(["report", "a.jsonl", "b.jsonl", "-", "-o", "-"], {
        cwd: directory,
        input: made,
      });
      assert.equal(code, 0);
      const lines = stderr.trimEnd().split("\n");
      assert.equal(lines.length, 2);
      assert.ok(
        lines.every((line) =>
          /^proctor: b\.jsonl: (line \d+, the last, is cut off|the records end)/.test(line)
        ),
      );
      const { payload } = readPage(stdout.toString());
      assert.deepEqual(payload.runs.map(({ sampleCount }) => sampleCount), [100, 100, 100, 100]);
    });
  });

  test("says in one line what is wrong, and writes nothing", async () => {
    await withDirectory(async (directory) => {
      mkdirSync(`${directory}/folder`);
      writeFileSync(`${directory}/run.jsonl`, made);
      writeFileSync(`${directory}/empty.jsonl`, "");
      writeFileSync(`${directory}/run.csv`, "timestamp,elapsed_seconds\n");
      writeFileSync(`${directory}/odd.jsonl`, `${madeLines({ start: { schema: "proctor/9" } })[0]}\n`);
      const before = readdirSync(directory).sort();
      const cases: [args: string[], said: RegExp][] = [
        [["run.jsonl"], /required option '-o, --output <file\.html>'/],
        [["missing.jsonl", "-o", "x.html"], /^cannot read missing\.jsonl: no such file or directory$/],
        [["folder", "-o", "x.html"], /^cannot read folder: it is a directory$/],
        [["empty.jsonl", "-o", "x.html"], /^empty\.jsonl is empty; there are no records$/],
        [["run.csv", "-o", "x.html"], /^run\.csv has records as CSV/],
        [["odd.jsonl", "-o", "x.html"], /^odd\.jsonl:1: records of schema "proctor\/9"/],
        [["/bin/ls", "-o", "x.html"], /^\/bin\/ls:1: not text/],
        [["run.jsonl", "-o", "nowhere/x.html"], /^cannot write nowhere\/x\.html: no such directory$/],
        [["run.jsonl", "-o", "folder"], /^cannot write folder: it is a directory$/],
        [[...new Array(25).fill("run.jsonl"), "-o", "x.html"], /^25 runs are too many/],
      ];
      for (const [args, said] of cases) {
        const { code, stdout, stderr } = await proctor(["report", ...args], { cwd: directory });
        assert.equal(code, 125, stderr);
        assert.equal(stdout.length, 0);
        assert.match(stderr, /^proctor: [^\n]+\n$/);
        assert.match(stderr.slice("proctor: ".length, -1), said);
      }
      assert.deepEqual(readdirSync(directory).sort(), before);
    });
  });

  test("is made by run in one go, from what was measured", async () => {
    await withDirectory(async (directory) => {
      const args = ["run", "--quiet", "--report", "run.html", "--records", "run.jsonl", "--interval", "20ms"];
      const { code, stderr } = await proctor([...args, "--", "sh", "-c", "sleep 0.3; exit 3"], {
        cwd: directory,
      });
      assert.deepEqual([code, stderr], [3, ""]);
      const { payload, column } = readPage(readFileSync(`${directory}/run.html`, "utf8"));
      const records = readFileSync(`${directory}/run.jsonl`, "utf8").trimEnd().split("\n").map((line) =>
        JSON.parse(line)
      );
      const samples = records.filter(({ kind }) => kind === "sample");
      assert.ok(samples.length > 3);
      assert.deepEqual(column(0, "memory_bytes"), samples.map(({ memory_bytes }) => memory_bytes ?? NaN));
      assert.deepEqual(column(0, "elapsed_seconds"), samples.map(({ elapsed_seconds }) => elapsed_seconds));
      assert.deepEqual(payload.runs[0].names.executables.toSorted(), ["sh", "sleep"]);
      assert.deepEqual(readdirSync(directory).sort(), ["run.html", "run.jsonl"]);
    });
  });

  test("that cannot be written is told before the run, which goes on", async () => {
    const { code, stderr } = await proctor([
      "run",
      "--summary",
      "none",
      "--report",
      "/nowhere/x.html",
      "--",
      "true",
    ]);
    assert.equal(code, 0);
    assert.equal(
      stderr,
      "proctor: report: cannot write /nowhere/x.html: no such directory; the run goes on without it\n",
    );
  });
});

test("a page of a run does not go to the command's standard output", async () => {
  const { code, stdout, stderr } = await proctor(["run", "--report", "-", "--", "echo", "hi"]);
  assert.deepEqual([code, stdout.toString()], [125, ""]);
  assert.equal(stderr, "proctor: --report: standard output is the command's; write the page to a file\n");
});

describe("proctor plot", () => {
  test("draws in the terminal, as wide as asked", async () => {
    const { code, stdout, stderr } = await proctor(["plot", "-", "--width", "70"], { input: made });
    assert.deepEqual([code, stderr], [0, ""]);
    const lines = stdout.toString().trimEnd().split("\n");
    assert.equal(lines[0], "made");
    for (const title of ["CPU  ━", "Memory  ━", "I/O  ━", "Processes and threads  ━"]) {
      assert.ok(lines.some((line) => line.startsWith(title)), title);
    }
    assert.ok(lines.every((line) => [...line].length <= 70));
    assert.match(stdout.toString(), /[\u2801-\u28ff]/);
  });

  test("writes out what the font of a PNG lacks, and takes another", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const lines = madeLines({ start: { name: "构建 Ա" } });
      writeFileSync(`${directory}/run.jsonl`, `${lines.join("\n")}\n`);
      writeFileSync(`${directory}/words.ttf`, "no font");
      const font = createRequire(import.meta.url).resolve(
        "@expo-google-fonts/inter/500Medium/Inter_500Medium.ttf",
      );
      const plot = (...args: string[]) => proctor(["plot", "run.jsonl", ...args], { cwd: directory });
      const plain = await plot("-o", "plot.png");
      assert.deepEqual([plain.code, plain.stdout.toString()], [0, ""]);
      assert.equal(
        plain.stderr,
        "proctor: 3 characters are not in the font of the picture, and written out as \\u6784; " +
          "--font FILE names a font that has them\n",
      );
      const other = await plot("-o", "other.png", "--font", font);
      assert.match(other.stderr, /^proctor: 3 characters are in none of the fonts, and written out/);
      assert.equal((await plot("-o", "plot.svg")).stderr, "");
      for (
        const [args, message] of [
          [
            ["-o", "x.png", "--font", "words.ttf"],
            /^proctor: --font: words\.ttf: no TrueType or OpenType font; /,
          ],
          [["-o", "x.png", "--font", "none.ttf"], /^proctor: --font: none\.ttf: no such file/],
          [["-o", "x.svg", "--font", font], /^proctor: --font is for PNG pictures/],
          [["--font", font], /^proctor: --font is for PNG pictures/],
        ] as const
      ) {
        const { code, stdout, stderr } = await plot(...args);
        assert.deepEqual(
          [code, stdout.toString(), stderr.trimEnd().split("\n").length],
          [125, "", 1],
          stderr,
        );
        assert.match(stderr, message);
      }
      assert.deepEqual(readdirSync(directory).filter((name) => name.startsWith("x.")), []);
    });
  });

  const sources = [["the binary", undefined], [SOURCE.title, SOURCE.command]] as const;
  for (const [title, command] of sources) {
    test(`writes SVG and PNG, by ${title}`, async () => {
      await withDirectory(async (directory) => {
        writeFileSync(`${directory}/run.jsonl`, made);
        const run = (...args: string[]) =>
          command ? runProgram([...command, ...args], { cwd: directory }) : proctor(args, { cwd: directory });
        for (const name of ["plot.svg", "plot.PNG"]) {
          const { code, stdout, stderr } = await run(
            "plot",
            "run.jsonl",
            "-o",
            name,
            "--width",
            "640",
            "--scale",
            "1",
          );
          assert.deepEqual([code, stdout.toString(), stderr], [0, "", ""]);
        }
        assert.match(readFileSync(`${directory}/plot.svg`, "utf8"), /^<svg [^>]*width="640"/);
        const png = readFileSync(`${directory}/plot.PNG`);
        assert.equal(png.toString("latin1", 1, 4), "PNG");
        assert.equal(png.readUInt32BE(16), 640);
      });
    });
  }

  test("says in one line what is wrong", async () => {
    const cases: [args: string[], said: RegExp][] = [
      [["-o", "plot.pdf"], /^--output: "plot\.pdf" is neither an SVG nor a PNG; .*\.svg or \.png$/],
      [["--show", "cpu,weather"], /^--show: there is no panel "weather"; write cpu, .* or all$/],
      [["--show", "network"], /^there is nothing to plot: the records know nothing of network$/],
      [["--width", "3"], /--width.*"3": write a whole number from 40 to 10000$/],
      [["--scale", "many"], /--scale.*"many": write a number from 0\.5 to 8$/],
      [["--theme", "pink"], /--theme.*pink.*light, dark/],
    ];
    for (const [args, said] of cases) {
      const { code, stdout, stderr } = await proctor(["plot", "-", ...args], { input: made });
      assert.equal(code, 125, stderr);
      assert.equal(stdout.length, 0);
      assert.match(stderr, /^proctor: [^\n]+\n$/);
      assert.match(stderr.slice("proctor: ".length, -1), said);
    }
  });
});
