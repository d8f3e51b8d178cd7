import { nodeFs } from "../../../io/builtins.ts";

/** Open a file for writing, made anew or to be added to. */
export async function openForWriting(path: string, append = false): Promise<number> {
  return await new Promise((resolve, reject) =>
    nodeFs().open(
      path,
      append ? "a" : "w",
      (error, descriptor) => error ? reject(error) : resolve(descriptor),
    )
  );
}

/** Write some bytes to a descriptor; how many. */
export async function writeDescriptor(descriptor: number, bytes: Uint8Array): Promise<number> {
  return await new Promise((resolve, reject) =>
    nodeFs().write(descriptor, bytes, (error, count) => error ? reject(error) : resolve(count))
  );
}

/** How to write to a file without a turn of the event loop; null where it is none. */
export function fileWriterAtOnce(descriptor: number): ((bytes: Uint8Array) => number) | null {
  const { fstatSync, writeSync } = nodeFs();
  return fstatSync(descriptor).isFile() ? (bytes) => writeSync(descriptor, bytes) : null;
}
