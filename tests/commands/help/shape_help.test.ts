/* The help of every verb and of all their parts, as it is printed: `-h` fits a screen, `--help` has everything. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Command } from "commander";
import { BRIEFS } from "../../../commands/help/brief.ts";
import { asksBriefly, shapeHelp } from "../../../commands/help/shape_help.ts";
import { TOPICS } from "../../../commands/help/topic_names.ts";
import { topicText } from "../../../commands/help/topics.ts";
import { buildProgram } from "../../../commands/program.ts";
import { VERBS } from "../../../commands/verbs.ts";
import { EXPORT_ALIASES, EXPORT_OPTIONS } from "../../../exporters/export_options.ts";

const LINES = 40;
const COLUMNS = 80;

/** What a command prints for help. */
function printed(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (piece) => text += piece, getOutHelpWidth: () => COLUMNS });
  command.outputHelp();
  return text;
}

/** The program as `proctor VERB -h` or `--help` has it. */
async function shaped(verb: string | undefined, isBrief: boolean): Promise<Command> {
  const program = await buildProgram(() => {}, verb);
  shapeHelp(program, isBrief);
  return verb === undefined ? program : program.commands.find((command) => command.name() === verb)!;
}

/** A command and all below it. */
function withParts(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withParts)];
}

function assertWidth(text: string, what: string): void {
  for (const line of text.split("\n")) assert.ok(line.length <= COLUMNS, `${what}: ${line}`);
}

for (const verb of [undefined, ...Object.keys(VERBS)]) {
  describe(verb ?? "proctor", () => {
    test("-h fits a screen", async () => {
      const shown = withParts(await shaped(verb, true));
      // Verbs of the program are outlines, and tested by themselves.
      for (const command of verb === undefined ? shown.slice(0, 1) : shown) {
        const text = printed(command);
        assertWidth(text, `${verb} ${command.name()}`);
        assert.ok(text.trimEnd().split("\n").length <= LINES, `${command.name()}:\n${text}`);
        assert.match(text, /^Usage: proctor/);
      }
      assert.match(printed(shown[0]), /^Examples:\n( {2}\S.*\n)+/m);
    });

    test("--help fits its columns", async () => {
      assertWidth(printed(await shaped(verb, false)), String(verb));
    });
  });
}

describe("short help", () => {
  for (const [verb, { options, examples }] of Object.entries(BRIEFS)) {
    test(`of ${verb} has options of that verb alone, and ends with where the others are`, async () => {
      const command = await shaped(verb, true);
      const text = printed(command);
      for (const option of options) assert.match(text, new RegExp(`^ +(-\\w, )?${option}\\b`, "m"), option);
      const [, count] = new RegExp(`proctor ${verb} --help shows all (\\d+) options`).exec(text)!;
      const long = printed(await shaped(verb, false));
      assert.equal(Number(count), long.match(/^ {2}(-\w, )?--\w/gm)!.length);
      assert.equal(examples.match(/^ {2}proctor /gm)!.length >= 2, true);
    });
  }

  test("is what -h asks for, and no words; the first of both counts", () => {
    assert.ok(asksBriefly(["run", "-h"]) && asksBriefly([]) && asksBriefly(["run", "-h", "--help"]));
    assert.ok(!asksBriefly(["--help"]) && !asksBriefly(["run", "--help", "-h"]));
  });
});

describe("options of exporters", () => {
  test("are all in their topic", () => {
    const text = topicText("exporters");
    for (const key of [...Object.keys(EXPORT_OPTIONS), ...Object.keys(EXPORT_ALIASES)]) {
      const flag = `--${key.replaceAll("_", "-")}`;
      assert.equal(text.match(new RegExp(`^ {2}${flag}(?![\\w-])`, "gm"))?.length, 1, flag);
    }
  });

  for (const verb of ["run", "attach", "watch", "supervise"]) {
    test(`are named by ${verb} --help, and counted`, async () => {
      const command = await shaped(verb, false);
      const text = printed(command);
      const count = command.options.filter(({ helpGroupHeading }) =>
        helpGroupHeading === "Exporters:"
      ).length;
      assert.ok(text.includes(`proctor help exporters shows all ${count} options of exporters.\n`), text);
      assert.match(text, /^ {2}--mqtt </m);
      assert.doesNotMatch(text, /--mqtt-qos/);
    });
  }

  test("stay in the program, of which manual pages and completions are made", async () => {
    const program = await buildProgram(() => {}, "completion");
    const run = program.commands.find((command) => command.name() === "run")!;
    assert.match(run.helpInformation(), /^ {2}--mqtt-qos /m);
  });
});

describe("topics", () => {
  for (const topic of Object.keys(TOPICS)) {
    test(`${topic} fits its columns, and has examples`, () => {
      const text = topicText(topic);
      assertWidth(text, topic);
      assert.match(text, /^Examples:\n( {2}proctor .*\n)+$/m);
      assert.ok(!Object.hasOwn(VERBS, topic));
    });
  }

  test("are in the help of all", async () => {
    for (const isBrief of [true, false]) {
      const text = printed(await shaped(undefined, isBrief));
      for (const topic of Object.keys(TOPICS)) assert.ok(text.includes(topic), topic);
    }
  });
});
