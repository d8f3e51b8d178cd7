import { kernel32 } from "./libraries.ts";

/** Errors of Windows (winerror.h) that are told apart here. */
export const ERROR = {
  fileNotFound: 2,
  pathNotFound: 3,
  accessDenied: 5,
  badFormat: 193,
  wrongMachine: 216,
  pipeBusy: 231,
  moreData: 234,
  directory: 267,
  notSupported: 50,
  invalidParameter: 87,
  elevationRequired: 740,
} as const;

const WORDS: Readonly<Record<number, string>> = {
  2: "it does not exist any more",
  3: "a directory of its path does not exist any more",
  4: "too many open files",
  5: "access denied",
  6: "an invalid handle",
  8: "not enough memory",
  14: "not enough memory",
  32: "another program has it open",
  50: "Windows does not offer that",
  87: "Windows does not take what it was asked for",
  112: "no space left on the disk",
  193: "it is not a program that Windows can run",
  206: "the name of the file is too long",
  216: "it is a program for another processor",
  267: "it is not a directory",
  740: "it asks for the rights of an administrator: start proctor with them",
  1450: "not enough resources of the system",
  1455: "not enough memory: the paging file is too small",
  1816: "not enough quota",
};

/** The error of the last call on this thread, to be asked for right after it. */
export function lastError(): number {
  return kernel32().GetLastError();
}

/** An error in words. */
export function errorWords(code: number): string {
  return WORDS[code] ?? `error ${code} of Windows`;
}
