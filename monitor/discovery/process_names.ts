import { basename } from "node:path";
import type { ProcessEntry } from "../../platform/mod.ts";

/** The kernel keeps so many bytes of a name (TASK_COMM_LEN less the end). */
const LONGEST_NAME_BYTES = 15;
/** A script that is started by its `#!` line stands behind its interpreter and one option of that. */
const MOST_WORDS_OF_SCRIPT = 3;
/** What the names of some systems' programs end with. */
const PROGRAM_SUFFIX = /\.exe$/i;

/** By their kernel name, and what stands in place of a script: its text, a module, or standard input. */
const INTERPRETERS: readonly (readonly [name: RegExp, noScript: RegExp])[] = [
  [/^(ba|da|z|k|mk|fi|c|tc|pdk)?sh$/, /^-[a-z]*[cs]$|^-$/],
  [
    // node calls its main thread otherwise.
    /^((python|pypy|perl|ruby|php|lua|luajit|tclsh|guile|deno|bun|node|nodejs)[\d.]*|(node-)?MainThread)$/,
    /^-([ceEmpr]|-eval|-print|)$/,
  ],
];

/**
 * Whether a process has a name: that of the kernel; where that is cut, the whole one as its arguments have it; or,
 * when an interpreter was started with it, its script.
 */
export function hasName(entry: ProcessEntry, name: string): boolean {
  if (entry.name === name || entry.isCalled?.(name)) return true;
  const isCut = Buffer.byteLength(entry.name) >= LONGEST_NAME_BYTES;
  // The cut may go through a character.
  if (isCut && name.startsWith(entry.name.replace(/\ufffd+$/, ""))) {
    const words = entry.arguments().slice(0, MOST_WORDS_OF_SCRIPT);
    return words.some((word) => basename(word) === name);
  }
  const program = entry.name.replace(PROGRAM_SUFFIX, "");
  const [, noScript] = INTERPRETERS.find(([known]) => known.test(program)) ?? [];
  if (!noScript) return false;
  const script = scriptOf(entry.arguments(), noScript);
  return script !== undefined && basename(script) === name;
}

/** The first word behind the interpreter that is none of its options; `run` is a command of deno and bun. */
function scriptOf(words: readonly string[], noScript: RegExp): string | undefined {
  for (const [index, word] of words.slice(1).entries()) {
    if (noScript.test(word)) return undefined;
    if (word.startsWith("-") || (index === 0 && word === "run")) continue;
    return word;
  }
  return undefined;
}
