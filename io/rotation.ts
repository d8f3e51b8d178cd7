/** So many old files may stay, since each is renamed when the file is begun anew. */
export const MOST_KEPT = 10_000;

/** When a file is begun anew, and what becomes of the old ones. */
export interface Rotation {
  /** No file becomes larger than this, but for a single line that is. */
  readonly maxBytes: number;
  /** How many old files stay: `FILE.1` is the youngest. */
  readonly keep: number;
  /** Whether old files are compressed: `FILE.1.gz`. */
  readonly gzip: boolean;
}
