/*
 * The signature of a Mach-O program for macOS, ad hoc (Apple's cs_blobs.h and loader.h): each page has a hash in the
 * code directory, and a program of which one is wrong is killed when that page is touched. Bun signs what it builds for
 * Apple silicon, and leaves that for Intel with the signature of its own runtime, of which some is wrong by then.
 *
 * `bun scripts/macho_signature.ts FILE` signs a program anew unless its signature is right.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";

const MH_MAGIC_64 = 0xfeedfacf;
const LC_SEGMENT_64 = 0x19;
const LC_CODE_SIGNATURE = 0x1d;
const MAGIC = { superBlob: 0xfade0cc0, codeDirectory: 0xfade0c02 } as const;
const SHA_256 = 2;
const HASH_SIZE = 32;
const PAGE_BITS = 12;
const PAGE = 2 ** PAGE_BITS;
const CPU_TYPES: Readonly<Record<number, string>> = { 0x01000007: "x64", 0x0100000c: "arm64" };
const HEADER_SIZE = 32;

/** The code directory's version with the limits of the executable segment, and its size. */
const DIRECTORY_VERSION = 0x20400;
const DIRECTORY_SIZE = 88;
/** CS_ADHOC: no answer for it; CS_LINKER_SIGNED: whoever signs it in earnest may replace it. */
const DIRECTORY_FLAGS = 0x20002;
/** CS_EXECSEG_MAIN_BINARY */
const MAIN_BINARY = 1n;
/** In front of the directory in a signature that has nothing else. */
const SUPER_BLOB_SIZE = 20;
/** Segments end where pages of the processor do. */
const SEGMENT_ALIGNMENT: Readonly<Record<string, number>> = { x64: 4_096, arm64: 16_384 };

/** What a signature is found to be. */
export interface CheckedSignature {
  /** `arm64` or `x64`. */
  readonly processor: string;
  readonly pageCount: number;
  /** Pages whose hash is another one; counted from 0. */
  readonly wrongPages: readonly number[];
  /** Whether the hashes cover all that lies before the signature, and that ends the file. */
  readonly isWhole: boolean;
}

/** Where things are that a signature is about. */
interface Program {
  readonly view: DataView;
  readonly processor: string;
  /** Of the command LC_CODE_SIGNATURE. */
  readonly signatureAt: number | null;
  /** Of the command of the segment that the signature ends. */
  readonly linkEditAt: number;
  readonly textOffset: bigint;
  readonly textSize: bigint;
}

function parse(file: Uint8Array): Program {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (view.getUint32(0, true) !== MH_MAGIC_64) throw new Error("no Mach-O file of 64 bits");
  const processor = CPU_TYPES[view.getUint32(4, true)] ?? "unknown";
  const found = { signatureAt: null as number | null, linkEditAt: 0, textOffset: 0n, textSize: 0n };
  for (let at = HEADER_SIZE, index = 0; index < view.getUint32(16, true); index++) {
    const command = view.getUint32(at, true);
    if (command === LC_CODE_SIGNATURE) found.signatureAt = at;
    if (command === LC_SEGMENT_64) {
      const name = new TextDecoder().decode(file.subarray(at + 8, at + 24)).replace(/\0.*/s, "");
      if (name === "__LINKEDIT") found.linkEditAt = at;
      if (name === "__TEXT") {
        found.textOffset = view.getBigUint64(at + 40, true);
        found.textSize = view.getBigUint64(at + 48, true);
      }
    }
    at += view.getUint32(at + 4, true);
  }
  return { view, processor, ...found };
}

/**
 * Check each page of a program.
 * @returns null when it carries no signature
 * @throws Error when it is not a program of macOS, or its signature is none
 */
export function checkSignature(file: Uint8Array): CheckedSignature | null {
  const { view, processor, signatureAt } = parse(file);
  if (signatureAt === null) return null;
  const [offset, size] = [view.getUint32(signatureAt + 8, true), view.getUint32(signatureAt + 12, true)];
  return { processor, ...checkBlob(file, view, offset, size) };
}

/** Signatures are big-endian, whatever the processor. */
function checkBlob(file: Uint8Array, view: DataView, offset: number, size: number) {
  if (view.getUint32(offset) !== MAGIC.superBlob) throw new Error("the signature does not begin as one");
  const count = view.getUint32(offset + 8);
  for (let index = 0; index < count; index++) {
    const directory = offset + view.getUint32(offset + 12 + 8 * index + 4);
    if (view.getUint32(directory) !== MAGIC.codeDirectory) continue;
    return { ...checkPages(file, view, directory, offset), isWhole: isWhole(view, directory, offset, size) };
  }
  throw new Error("the signature has no code directory");
}

const codeLimitOf = (view: DataView, directory: number) => view.getUint32(directory + 32);

function checkPages(file: Uint8Array, view: DataView, directory: number, signature: number) {
  const hashes = directory + view.getUint32(directory + 16);
  const pageCount = view.getUint32(directory + 28);
  const codeLimit = codeLimitOf(view, directory);
  const [hashSize, hashType, pageBits] = [36, 37, 39].map((at) => view.getUint8(directory + at));
  if (hashType !== SHA_256) throw new Error(`hashes of type ${hashType}`);
  const pageSize = 2 ** pageBits;
  const wrongPages: number[] = [];
  for (let page = 0; page < pageCount; page++) {
    const end = Math.min((page + 1) * pageSize, codeLimit, signature);
    const told = file.subarray(hashes + page * hashSize, hashes + (page + 1) * hashSize);
    const actual = createHash("sha256").update(file.subarray(page * pageSize, end)).digest();
    if (!actual.subarray(0, hashSize).equals(told)) wrongPages.push(page);
  }
  return { pageCount, wrongPages };
}

function isWhole(view: DataView, directory: number, offset: number, size: number): boolean {
  const pageSize = 2 ** view.getUint8(directory + 39);
  const covered = view.getUint32(directory + 28) * pageSize;
  return codeLimitOf(view, directory) === offset && covered >= offset && covered - offset < pageSize &&
    offset + size === view.byteLength;
}

/**
 * A program with a signature of its own, ad hoc, in place of the one that it carries.
 * @param identifier what the program is called
 * @throws Error when it is not a program of macOS, or carries no signature to be replaced
 */
export function signAdHoc(file: Uint8Array, identifier: string): Uint8Array {
  const { view, processor, signatureAt, linkEditAt, textOffset, textSize } = parse(file);
  if (signatureAt === null || linkEditAt === 0) throw new Error("there is no signature to replace");
  const codeLimit = view.getUint32(signatureAt + 8, true);
  const name = new TextEncoder().encode(`${identifier}\0`);
  const pageCount = Math.ceil(codeLimit / PAGE);
  const hashOffset = DIRECTORY_SIZE + name.length;
  const directorySize = hashOffset + pageCount * HASH_SIZE;
  const size = Math.ceil((SUPER_BLOB_SIZE + directorySize) / 16) * 16;
  const signed = new Uint8Array(codeLimit + size);
  signed.set(file.subarray(0, codeLimit));

  // Commands first: they stand in the first page.
  const words = new DataView(signed.buffer);
  words.setUint32(signatureAt + 12, size, true);
  const linkEditOffset = Number(words.getBigUint64(linkEditAt + 40, true));
  const linkEditSize = signed.length - linkEditOffset;
  const alignment = SEGMENT_ALIGNMENT[processor] ?? 16_384;
  words.setBigUint64(linkEditAt + 32, BigInt(Math.ceil(linkEditSize / alignment) * alignment), true);
  words.setBigUint64(linkEditAt + 48, BigInt(linkEditSize), true);

  const directory = codeLimit + SUPER_BLOB_SIZE;
  const put = (at: number, ...values: readonly number[]) =>
    values.forEach((value, index) => words.setUint32(at + 4 * index, value));
  put(codeLimit, MAGIC.superBlob, SUPER_BLOB_SIZE + directorySize, 1, 0, SUPER_BLOB_SIZE);
  put(directory, MAGIC.codeDirectory, directorySize, DIRECTORY_VERSION, DIRECTORY_FLAGS, hashOffset);
  put(directory + 20, DIRECTORY_SIZE, 0, pageCount, codeLimit);
  signed.set([HASH_SIZE, SHA_256, 0, PAGE_BITS], directory + 36);
  words.setBigUint64(directory + 64, textOffset);
  words.setBigUint64(directory + 72, textSize);
  words.setBigUint64(directory + 80, MAIN_BINARY);
  signed.set(name, directory + DIRECTORY_SIZE);
  for (let page = 0; page < pageCount; page++) {
    const bytes = signed.subarray(page * PAGE, Math.min((page + 1) * PAGE, codeLimit));
    signed.set(createHash("sha256").update(bytes).digest(), directory + hashOffset + page * HASH_SIZE);
  }
  return signed;
}

if (import.meta.main) {
  const path = process.argv[2];
  const file = readFileSync(path);
  const found = checkSignature(file);
  if (found === null || found.wrongPages.length > 0 || !found.isWhole) {
    writeFileSync(path, signAdHoc(file, "proctor"));
  }
}
