/*
 * Modules of node: that are loaded by their first use. Bun evaluates each anew in every process, up to 3 ms of a start,
 * and an import does so even where nothing is called. So what the start of a run loads, but may not need, is asked for
 * here.
 */
import type * as fsModule from "node:fs";
import type * as osModule from "node:os";
import type * as pathModule from "node:path";
import type * as zlibModule from "node:zlib";

/** `node:fs`. */
export const nodeFs = (): typeof fsModule => process.getBuiltinModule("node:fs");

/** `node:os`. */
export const nodeOs = (): typeof osModule => process.getBuiltinModule("node:os");

/** `node:path`. */
export const nodePath = (): typeof pathModule => process.getBuiltinModule("node:path");

/** `node:zlib`. */
export const nodeZlib = (): typeof zlibModule => process.getBuiltinModule("node:zlib");
