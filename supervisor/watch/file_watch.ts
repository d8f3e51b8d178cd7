import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { changedFile, FileLook } from "./file_marks.ts";
import type { FileMarks, WatchRule } from "./file_marks.ts";

/** Where the system tells of no change, as in file systems of other machines, all is looked at so often. */
const POLL_MS = 1_000;
/** Each directory takes one of the watches that a user has (fs.inotify.max_user_watches). */
const MOST_DIRECTORIES = 1_000;

/** What comes of a watch. */
export interface WatchListener {
  /** A file has changed, and none has since for the debounce. */
  readonly onChange: (path: string) => void;
  /** A line about what is not watched. */
  readonly onNotice: (line: string) => void;
}

/**
 * Watches files: the system tells in which directories something has happened, and a look at the files decides whether
 * any has changed. So nothing depends on what exactly it tells, and where it tells nothing, looks alone do.
 */
export class FileWatch {
  readonly #look: FileLook;
  #before: FileMarks | null = null;
  /** By the path and the inode of a directory: one that was made anew at the same place is another. */
  readonly #watchers = new Map<string, FSWatcher>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #isLooking = false;
  /** What has changed, and waits for nothing to change any more. */
  #changed: string | null = null;
  /** Something has happened since the last look. */
  #isStirred = false;
  #hasTold = false;

  constructor(readonly rule: WatchRule, readonly listener: WatchListener) {
    this.#look = new FileLook(rule);
    void this.#turn();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const one of this.#watchers.values()) one.close();
    this.#watchers.clear();
  }

  async #turn(): Promise<void> {
    this.#isLooking = true;
    this.#isStirred = false;
    const now = await this.#look.look();
    this.#isLooking = false;
    if (this.#isClosed) return;
    const isAllWatched = this.#follow(now);
    const changed = this.#before && changedFile(this.#before.marks, now.marks);
    this.#before = now;
    this.#tellCut(now);
    if (changed !== null) this.#changed ??= changed;
    else if (this.#changed !== null) {
      const path = this.#changed;
      this.#changed = null;
      this.listener.onChange(path);
    }
    if (this.#isClosed) return;
    if (this.#changed !== null || this.#isStirred) this.#schedule(this.rule.debounceMs);
    else if (!isAllWatched) this.#schedule(POLL_MS);
  }

  #schedule(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#turn(), afterMs);
    this.#timer.unref?.();
  }

  #stir(): void {
    this.#isStirred = true;
    // A burst of changes is looked at once it is over; one that goes on for ever, now and then.
    if (!this.#isLooking && this.#changed === null && !this.#isClosed) this.#schedule(LOOK_SOON_MS);
  }

  /** Have the system tell of these directories alone; whether it does of all. */
  #follow({ directories, hasMissing }: FileMarks): boolean {
    const wanted = new Map(
      directories.slice(0, MOST_DIRECTORIES).map(({ path, inode }) => [`${inode} ${path}`, path]),
    );
    for (const key of this.#watchers.keys()) if (!wanted.has(key)) this.#end(key);
    for (const [key, path] of wanted) {
      if (this.#watchers.has(key)) continue;
      try {
        const made = watch(path, { persistent: false }, () => this.#stir());
        made.on("error", () => {
          this.#end(key);
          this.#stir();
        });
        this.#watchers.set(key, made);
        // What has happened before it was watched is found by another look.
        this.#isStirred = true;
      } catch { /* Then it is looked at now and then. */ }
    }
    return !hasMissing && this.#watchers.size === directories.length;
  }

  #end(key: string): void {
    this.#watchers.get(key)?.close();
    this.#watchers.delete(key);
  }

  #tellCut({ isCut }: FileMarks): void {
    if (!isCut || this.#hasTold) return;
    this.#hasTold = true;
    this.listener.onNotice(
      "watch: there are more files than are watched; name fewer of them in paths, or more in ignore",
    );
  }
}

const LOOK_SOON_MS = 20;
