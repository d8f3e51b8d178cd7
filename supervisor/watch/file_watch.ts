import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { changedFile, FileLook } from "./file_marks.ts";
import type { FileMarks, Place, WatchRule } from "./file_marks.ts";
import { isUnchanged } from "./link_places.ts";
import type { Step } from "./link_places.ts";

/** Where the system tells of no change, as in file systems of other machines, what may have is looked at so often. */
const POLL_MS = 1_000;
/** Each directory takes one of the watches that a user has (fs.inotify.max_user_watches). */
const MOST_DIRECTORIES = 1_000;

/** Deno's watch opens what is new in a directory: for a FIFO there it would wait for ever, and all of us with it. */
const MAY_WATCH = !("Deno" in globalThis);

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
  /** Of which the system has said, maybe only after a while, that it tells nothing: they are not tried again. */
  readonly #refused = new Set<string>();
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
    const deaf = this.#follow(now);
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
    else if (deaf.some(({ isOfSteps }) => !isOfSteps)) this.#schedule(POLL_MS);
    else if (deaf.length > 0 || now.hasMissing) this.#schedule(POLL_MS, () => this.#peek(now.steps));
  }

  /** A look at the steps alone: all else is watched. */
  async #peek(steps: readonly Step[]): Promise<void> {
    const isSame = (await Promise.all(steps.map(isUnchanged))).every(Boolean);
    // What has been told of meanwhile is looked for anyway.
    if (this.#isClosed || this.#isStirred) return;
    this.#schedule(isSame ? POLL_MS : 0, isSame ? () => this.#peek(steps) : undefined);
  }

  #schedule(afterMs: number, look = () => this.#turn()): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void look(), afterMs);
    this.#timer.unref?.();
  }

  #stir(): void {
    this.#isStirred = true;
    // A burst of changes is looked at once it is over; one that goes on for ever, now and then.
    if (!this.#isLooking && this.#changed === null && !this.#isClosed) this.#schedule(LOOK_SOON_MS);
  }

  /** Have the system tell of these directories alone; those that it does not tell of. */
  #follow({ directories }: FileMarks): Place[] {
    const wanted = new Map(
      directories.slice(0, MOST_DIRECTORIES).map((place) => [keyOf(place), place.path]),
    );
    for (const key of this.#watchers.keys()) if (!wanted.has(key)) this.#end(key);
    for (const key of this.#refused) if (!wanted.has(key)) this.#refused.delete(key);
    for (const [key, path] of wanted) {
      if (!MAY_WATCH || this.#watchers.has(key) || this.#refused.has(key)) continue;
      try {
        const made = watch(path, { persistent: false }, () => this.#stir());
        made.on("error", () => {
          this.#end(key);
          this.#refused.add(key);
          this.#stir();
        });
        this.#watchers.set(key, made);
        // What has happened before it was watched is found by another look.
        this.#isStirred = true;
      } catch {
        // Then it is looked at now and then.
        this.#refused.add(key);
      }
    }
    return directories.filter((place) => !this.#watchers.has(keyOf(place)));
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

function keyOf({ inode, path }: Place): string {
  return `${inode} ${path}`;
}
