import process from "node:process";
import { Command, InvalidArgumentError, Option } from "commander";
import { readFileSync } from "node:fs";
import { METRIC } from "../../core/measure/metrics.ts";
import { metricsNamed } from "../../core/measure/metric_words.ts";
import { nearest } from "../../core/nearest.ts";
import { usageError } from "../../core/error.ts";
import { writtenOut } from "../../core/printable.ts";
import { reasonOf } from "../../io/errno_words.ts";
import { colorsWelcome, printOut, say } from "../../io/terminal/output.ts";
import { writePicture } from "../options/write_picture.ts";
import type { RecordedRun } from "../../records/recorded_run.ts";
import { coverageOf } from "../../render/plot/font_coverage.ts";
import type { Coverage } from "../../render/plot/font_coverage.ts";
import { checkOutputFiles } from "../options/output_files.ts";
import { readAll } from "./report.ts";

interface PlotFlags {
  output?: string;
  force?: boolean;
  show?: string[];
  width?: number;
  scale: number;
  theme: "light" | "dark";
  font: string[];
  color: boolean;
}

const DEFAULT_WIDTH = 860;
const WIDEST = 10_000;
const IN_PICTURES = ["cpu", "memory", "timeline"];
const IN_TERMINALS = ["cpu", "memory", "io", "processes"];

const EXAMPLES = `
Panels are cpu, memory, disk, io, network, processes, descriptors, faults,
switches, and timeline (a bar for each process; in pictures only); all shows
every one. Of several runs each has its colour.

Examples:
  proctor plot run.jsonl                      in the terminal
  proctor plot run.jsonl -o plot.svg          for a README or a paper
  proctor plot run.jsonl -o plot.png --theme dark --scale 3
  proctor plot before.jsonl after.jsonl --show cpu,io -o both.svg
`;

/** `proctor plot`: records as a small picture, or as a drawing in the terminal. */
export function plotCommand(): Command {
  return new Command("plot")
    .description("plot records in the terminal, or as an SVG or PNG picture")
    .argument("<records...>", "records files (JSON lines); - is standard input")
    .option("-o, --output <file.svg|file.png>", "write a picture; the file's extension chooses its format")
    .addOption(
      new Option(
        "--show <list>",
        "panels in their order (default: cpu,memory,timeline; in terminals cpu,memory,io,processes)",
      )
        .argParser((text) => text.split(",").map((name) => name.trim()).filter(Boolean)),
    )
    .addOption(
      new Option("--width <number>", "in pixels, or in characters (default: 860; the terminal's)").argParser(
        widthOption,
      ),
    )
    .addOption(
      new Option("--scale <number>", "pixels of a PNG to one of the picture").argParser(scaleOption).default(
        2,
      ),
    )
    .addOption(
      new Option("--theme <theme>", "colours of the picture").choices(["light", "dark"]).default("light"),
    )
    .addOption(
      new Option("--font <file>", "draws what the font of a PNG lacks, such as Chinese; may be repeated")
        .argParser((file: string, files: string[]) => [...files, file]).default([], "none"),
    )
    .option("--force", "overwrite a file that is there and was not written by proctor")
    .option("--no-color", "no colours in the terminal")
    .addHelpText("after", EXAMPLES)
    .action(plot);
}

async function plot(files: string[], flags: PlotFlags): Promise<void> {
  const kind = kindOf(flags.output);
  if (kind !== "text") {
    const { output: path, force } = flags;
    checkOutputFiles([{ option: "--output", path: path!, kind }], { force, inputs: files });
  }
  const { plotOf, PLOT_NAMES } = await import("../../render/plot/plot_model.ts");
  const asked = flags.show?.includes("all") ? PLOT_NAMES : flags.show && panels(flags.show, PLOT_NAMES);
  if (flags.font.length > 0 && kind !== "png") throw usageError("--font is for PNG pictures (-o FILE.png)");
  const fonts = flags.font.map(readFont);
  const read = await readAll(files);
  for (const { file, notes } of read) for (const note of notes) say(`${file}: ${note}`);
  const runs = kind === "png" ? await drawable(read, fonts) : read;
  const names = asked ?? (kind === "text" ? IN_TERMINALS : IN_PICTURES);
  const what = plotOf(runs, kind === "text" ? names.filter((name) => name !== "timeline") : names);
  if (kind === "text") {
    const { plotText } = await import("../../render/plot/plot_text.ts");
    const columns = flags.width ?? Math.min(process.stdout.columns || 80, 160);
    printOut(plotText(what, { columns, color: flags.color && colorsWelcome(1) }));
    return;
  }
  const { plotSvg } = await import("../../render/plot/plot_svg.ts");
  const svg = plotSvg(what, { width: flags.width ?? DEFAULT_WIDTH, theme: flags.theme });
  if (kind === "svg") return writePicture(flags.output!, svg);
  const { svgToPng } = await import("../../render/plot/svg_to_png.ts");
  writePicture(flags.output!, await svgToPng(svg, flags.scale, fonts.map(({ data }) => data)));
}

/** The panels that words ask for, by their own names or those of the metrics they draw. */
function panels(words: readonly string[], names: readonly string[]): string[] {
  const found = words.flatMap((word) => {
    if (names.includes(word)) return [word];
    const charts = metricsNamed(word).map((name) => METRIC[name].chart).filter((chart) =>
      chart !== undefined
    );
    if (charts.length > 0) return charts;
    const meant = nearest(word, names);
    throw usageError(
      `--show: there is no panel "${word}"; ${
        meant ? `did you mean "${meant}"?` : `write ${names.join(", ")} or all`
      }`,
    );
  });
  return [...new Set(found)];
}

/** A font that the user has, and what it can draw. */
interface Font {
  readonly data: Uint8Array;
  readonly has: Coverage;
}

function readFont(file: string): Font {
  try {
    const data = readFileSync(file);
    return { data, has: coverageOf(data) };
  } catch (error) {
    throw usageError(`--font: ${file}: ${reasonOf(error)}`);
  }
}

/** Runs as a PNG can show them; what it cannot is written out, and said. */
async function drawable(runs: readonly RecordedRun[], fonts: readonly Font[]): Promise<RecordedRun[]> {
  const [{ ownFont }, { legibleRuns }] = await Promise.all([
    import("../../render/plot/svg_to_png.ts"),
    import("../../render/plot/legible_runs.ts"),
  ]);
  const legible = legibleRuns(runs, [coverageOf(ownFont()), ...fonts.map(({ has }) => has)]);
  const [first] = legible.missing;
  if (first !== undefined) {
    const which = fonts.length > 0 ? "in none of the fonts" : "not in the font of the picture";
    const count = legible.missing.size;
    say(
      `${count} ${count === 1 ? "character is" : "characters are"} ${which}, and written out as ${
        writtenOut(first)
      }; --font FILE names a font that has ${count === 1 ? "it" : "them"}`,
    );
  }
  return legible.runs;
}

function kindOf(output: string | undefined): "text" | "svg" | "png" {
  if (output === undefined || output === "-") return "text";
  const extension = /\.(svg|png)$/i.exec(output)?.[1].toLowerCase();
  if (extension === undefined) {
    throw usageError(
      `--output: "${output}" is neither an SVG nor a PNG; write a name that ends in .svg or .png`,
    );
  }
  return extension as "svg" | "png";
}

function widthOption(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 40 && value <= WIDEST) return value;
  throw new InvalidArgumentError(`write a whole number from 40 to ${WIDEST}`);
}

function scaleOption(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= 0.5 && value <= 8) return value;
  throw new InvalidArgumentError("write a number from 0.5 to 8");
}
