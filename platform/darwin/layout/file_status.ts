import { u16 } from "./words.ts";

/** `struct stat` with inodes of 64 bits (stat(2)). */
export const STAT_SIZE = 144;
const ST_MODE = 4;
const S_IFMT = 0xf000;

/** What a descriptor leads to. */
export type FileKind = "pipe" | "socket" | "file" | "other";
const KINDS: Readonly<Record<number, FileKind>> = { 0x1000: "pipe", 0xc000: "socket", 0x8000: "file" };

/** The kind of file of a `struct stat`. */
export const parseFileKind = (view: DataView): FileKind => KINDS[u16(view, ST_MODE) & S_IFMT] ?? "other";

/** `struct passwd` (getpwnam(3)): addresses of its texts, and numbers. */
export const PASSWD = { size: 72, name: 0, uid: 16, gid: 20, home: 48, shell: 56 } as const;

/** `struct sigaction` (sigaction(2)): the handler comes first. */
export const SIGACTION_SIZE = 16;
