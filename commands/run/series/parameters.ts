import { usageError } from "../../../core/error.ts";
import { InvalidValue } from "../../options/option_table.ts";

/** What `{name}` stands for, one value after the other. */
export interface Parameter {
  readonly name: string;
  readonly values: readonly string[];
}

/** From `--parameter-scan`: the step may follow later. */
export interface Scan {
  readonly name: string;
  readonly from: Decimal;
  readonly to: Decimal;
}

/** A decimal number as it was written, so that a tenth, added ten times, is one. */
export interface Decimal {
  readonly digits: number;
  readonly places: number;
}

/** Commands, and values of a parameter: each is a series of runs. */
export const MOST_COMMANDS = 1_000;

const NAME = /^[\w.-]+$/;

/** `NAME=a,b,c`; `\,` is a comma within a value. */
export function listOption(text: string, before: readonly Parameter[] = []): Parameter[] {
  const { name, rest } = named(text, "write NAME=a,b,c, or NAME a,b,c as two words");
  if (rest === "") throw new InvalidValue("it has no values; write NAME=a,b,c");
  const values = betweenCommas(rest);
  if (values.length > MOST_COMMANDS) throw new InvalidValue(`${values.length} values are too many`);
  return [...before, { name, values }];
}

/** `NAME=MIN..MAX`. */
export function scanOption(text: string, before: readonly Scan[] = []): Scan[] {
  const form = "write NAME=MIN..MAX such as threads=1..8, or NAME MIN MAX as three words";
  const { name, rest } = named(text, form);
  const [from, to, ...more] = rest.split("..").map(decimal);
  if (!from || !to || more.length > 0) throw new InvalidValue(form);
  return [...before, { name, from, to }];
}

/** `0.5`. */
export function stepOption(text: string): Decimal {
  const step = decimal(text);
  if (!step || step.digits <= 0) throw new InvalidValue("write a number above 0, such as 2 or 0.5");
  return step;
}

/**
 * All parameters, scans written out.
 * @throws ProctorError of kind `usage`
 */
export function parametersOf(
  lists: readonly Parameter[],
  scans: readonly Scan[],
  step: Decimal | undefined,
): Parameter[] {
  if (step && scans.length === 0) {
    throw usageError("--parameter-step-size: there is nothing to scan; add --parameter-scan NAME MIN MAX");
  }
  const all = [...lists, ...scans.map((scan) => writtenOut(scan, step ?? { digits: 1, places: 0 }))];
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index);
  if (twice) throw usageError(`--parameter-list, --parameter-scan: "${twice.name}" is there twice`);
  return all;
}

/** Every combination of the values, the last parameter changing fastest. */
export function combinations(parameters: readonly Parameter[]): Record<string, string>[] {
  return parameters.reduce<Record<string, string>[]>(
    (all, { name, values }) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

/** A word with the values put in for their `{name}`s, in one pass: what a value holds is text. */
export function filledIn(word: string, values: Readonly<Record<string, string>>): string {
  return word.replace(/\{([\w.-]+)\}/g, (all, name) => Object.hasOwn(values, name) ? values[name] : all);
}

function betweenCommas(text: string): string[] {
  const values = [""];
  for (let at = 0; at < text.length; at++) {
    if (text[at] === ",") values.push("");
    else {
      if (text[at] === "\\" && ",\\".includes(text[at + 1] ?? " ")) at++;
      values[values.length - 1] += text[at];
    }
  }
  return values;
}

/** A name, and what stands behind its sign of equality. */
function named(text: string, form: string): { name: string; rest: string } {
  const at = text.indexOf("=");
  const name = text.slice(0, Math.max(at, 0));
  if (!NAME.test(name)) throw new InvalidValue(form);
  return { name, rest: text.slice(at + 1) };
}

function decimal(text: string): Decimal | undefined {
  const [all, fraction = ""] = /^-?\d{1,12}(?:\.(\d{1,6}))?$/.exec(text) ?? [];
  return all === undefined ? undefined : { digits: Number(all.replace(".", "")), places: fraction.length };
}

function writtenOut({ name, from, to }: Scan, step: Decimal): Parameter {
  const places = Math.max(from.places, to.places, step.places);
  const [first, last, stride] = [from, to, step].map((one) => one.digits * 10 ** (places - one.places));
  if (last < first) throw usageError(`--parameter-scan: ${name} ends before it begins; write MIN before MAX`);
  const count = Math.floor((last - first) / stride) + 1;
  if (count > MOST_COMMANDS) {
    throw usageError(
      `--parameter-scan: ${name} has ${count} values, and ${MOST_COMMANDS} is the most; ` +
        "widen --parameter-step-size",
    );
  }
  const values = Array.from(
    { length: count },
    (_, index) =>
      places === 0 ? `${first + index * stride}` : ((first + index * stride) / 10 ** places).toFixed(places),
  );
  return { name, values };
}
