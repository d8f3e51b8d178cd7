import { constants, futimesSync, lstatSync, renameSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { writeBeside } from "./private_file.ts";

/**
 * Replace a file by a compressed one, `FILE.gz`, which has its permissions and times.
 * @param followsLink whether a symbolic link is replaced by what it leads to, compressed; else it is an error
 * @throws the error of the system, with its `code`; then the file is as it was, and nothing is left beside it
 */
export async function compressFile(path: string, followsLink = false): Promise<void> {
  const noFollow = followsLink ? 0 : constants.O_NOFOLLOW ?? 0;
  const source = await open(path, constants.O_RDONLY | noFollow);
  try {
    const { atime, mtime, mode } = await source.stat();
    const unfinished = `${path}.gz.unfinished`;
    const write = async (file: FileHandle) => {
      const input = source.createReadStream({ autoClose: false });
      await pipeline(input, createGzip(), async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) {
          for (let at = 0; at < chunk.length;) {
            at += (await file.write(chunk, at, chunk.length - at)).bytesWritten;
          }
        }
      });
      futimesSync(file.fd, atime, mtime);
    };
    await writeBeside(unfinished, mode & 0o777, write, () => {
      lstatSync(path); // What was removed meanwhile stays removed.
      // At one stroke: whoever finds both reads everything twice.
      renameSync(unfinished, `${path}.gz`);
      rmSync(path);
    });
  } finally {
    await source.close();
  }
}
