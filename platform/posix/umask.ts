/** Files that are made are for our own user alone. */
const MASK = 0o177;

/**
 * Whatever `make` makes in the file system is for our own user alone: changing the rights later would leave a moment
 * for others. All threads share them, so that nothing may be awaited meanwhile.
 */
export function makePrivately(make: () => void): void {
  const before = process.umask(MASK);
  try {
    make();
  } finally {
    process.umask(before);
  }
}
