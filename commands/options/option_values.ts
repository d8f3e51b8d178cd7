import { patternFault } from "../../core/app/names.ts";
import { scrapeFault } from "../../core/app/scrape_url.ts";
import { parseTypedDuration } from "../../core/duration.ts";
import { ProctorError } from "../../core/error.ts";
import { LEAST_CPU_CORES } from "../../core/measure/limits.ts";
import { parseSize } from "../../core/size.ts";
import { InvalidValue } from "./option_table.ts";

/** A stream of ours that whoever has started us has passed on: its descriptor, or on Windows its handle. */
export type Channel = number | { readonly handle: number };

/** Handles have 32 bits, also where pointers have more. */
const MOST_HANDLE = 0xffffffff;

/*
 * Values of options: commander puts the option's name and the text before what is said here of one that is none.
 */

/** `250ms`, `1.5s`, `2m`, `1h`, or `5` for five seconds; in milliseconds. */
export function durationOption(text: string): number {
  return explained(() => parseTypedDuration(text, ""));
}

/** `512M`, `1.5GiB`, `2GB`; in bytes. */
export function sizeOption(text: string): number {
  return explained(() => parseSize(text, ""));
}

/** A percentage above 0, up to 100. */
export function percentageOption(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= 100) return value;
  throw new InvalidValue("write a percentage above 0, up to 100, such as 1 or 0.5");
}

/** A number of CPU cores. */
export function coresOption(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= LEAST_CPU_CORES) return value;
  throw new InvalidValue(`write a number of cores from ${LEAST_CPU_CORES} up, such as 1.5`);
}

/** The ID of one process. */
export function processIdOption(text: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidValue("write a process ID, such as 4711");
  return Number(text);
}

/** A whole number above 0. */
export function countOption(text: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value > 0 && Number.isSafeInteger(value)) return value;
  throw new InvalidValue("write a whole number above 0, such as 100");
}

/** `fd:N`: the number of an open descriptor; or `handle:N`. */
export function channelOption(text: string): Channel {
  const channel = handleIn(text) ?? numberIn(text.startsWith("fd:") ? text.slice(3) : "");
  if (channel === undefined) {
    throw new InvalidValue("write the number of an open descriptor, such as fd:3, or on Windows handle:N");
  }
  return channel;
}

/** `0,1,2`: three streams of ours, for a command's standard input, output and error. */
export function stdioOption(text: string): [Channel, Channel, Channel] {
  const channels = text.split(",").map((word) => handleIn(word) ?? numberIn(word));
  if (channels.length !== 3 || channels.includes(undefined)) {
    throw new InvalidValue("write three numbers of open descriptors, such as 0,1,5, or on Windows handle:N");
  }
  return channels as [Channel, Channel, Channel];
}

function numberIn(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function handleIn(text: string): Channel | undefined {
  const number = Number(/^handle:(\d{1,10})$/.exec(text)?.[1] ?? NaN);
  return number > 0 && number <= MOST_HANDLE ? { handle: number } : undefined;
}

/** `queue*,http_*`: patterns of names. */
export function patternsOption(text: string): string[] {
  const patterns = text.split(",").map((pattern) => pattern.trim()).filter((pattern) => pattern !== "");
  if (patterns.length === 0) {
    throw new InvalidValue("there is none; write names such as 'queue*,http_*', or '*'");
  }
  for (const pattern of patterns) {
    const fault = patternFault(pattern);
    if (fault !== null) throw new InvalidValue(`"${pattern.slice(0, 40)}": ${fault}`);
  }
  return patterns;
}

/** A page of metrics; more than one add up. */
export function scrapeOption(text: string, before: string[] = []): string[] {
  const fault = scrapeFault(text);
  if (fault !== null) throw new InvalidValue(fault);
  return [...before, text];
}

/** One of our own parsers, so that the message names the option once. */
function explained<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ProctorError) throw new InvalidValue(error.message.replace(/^: /, ""));
    throw error;
  }
}
