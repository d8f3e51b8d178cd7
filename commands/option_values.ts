import { InvalidArgumentError } from "commander";
import { parseDuration } from "../core/duration.ts";
import { ProctorError } from "../core/error.ts";
import { LEAST_CPU_CORES } from "../core/limits.ts";
import { parseSize } from "../core/size.ts";

/*
 * Values of options, for commander, which puts the option's name and the text before what is said here.
 */

/** `250ms`, `1.5s`, `2m`, `1h`; in milliseconds. */
export function durationOption(text: string): number {
  return explained(() => parseDuration(text, ""));
}

/** `512M`, `1.5G`; in bytes. */
export function sizeOption(text: string): number {
  return explained(() => parseSize(text, ""));
}

/** A percentage above 0, up to 100. */
export function percentageOption(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= 100) return value;
  throw new InvalidArgumentError("write a percentage above 0, up to 100, such as 1 or 0.5");
}

/** A number of CPU cores. */
export function coresOption(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= LEAST_CPU_CORES) return value;
  throw new InvalidArgumentError(`write a number of cores from ${LEAST_CPU_CORES} up, such as 1.5`);
}

/** A whole number above 0. */
export function countOption(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value > 0 && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("write a whole number above 0, such as 100");
}

/** One of our own parsers, so that the message names the option once. */
function explained<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ProctorError) throw new InvalidArgumentError(error.message.replace(/^: /, ""));
    throw error;
  }
}
