import type { Cursor } from "./cursor.ts";
import type { LogFile } from "./log_file.ts";

/** How long the files of a log were when what was collected was last noted down. */
export class NotedSizes {
  readonly #sizes = new Map<LogFile, { inode: number; size: number }>();

  /**
   * Cuts off what an earlier supervisor has written, and not noted.
   * @param known what it has noted
   * @param onRotated called when a new file is begun: that has to be noted at once
   */
  constructor(files: readonly LogFile[], known: Cursor["files"], onRotated: () => void) {
    for (const file of files) {
      const noted = known.find(({ path, inode }) => path === file.path && inode === file.inode);
      if (noted) file.cutTo(noted.size);
      this.#sizes.set(file, { inode: file.inode, size: file.size });
      // The write that the new file was begun for has not been done yet: the others are as they were.
      file.onRotated = () => {
        this.#sizes.set(file, { inode: file.inode, size: 0 });
        onRotated();
      };
    }
  }

  /** As they are to be written down. */
  get all(): Cursor["files"] {
    return [...this.#sizes].map(([{ path }, noted]) => ({ path, ...noted }));
  }

  /** What is written by now counts. */
  update(): void {
    for (const [file, noted] of this.#sizes) Object.assign(noted, { inode: file.inode, size: file.size });
  }
}
