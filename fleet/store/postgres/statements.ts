/** A row of a result, by column. */
export type Row = Readonly<Record<string, unknown>>;
/** What a place of a statement stands for; arrays by `arrays.ts`. */
export type Value = string | number | boolean | Uint8Array | null;

/** Something that statements are given to: the database, or a transaction of it. */
export interface Statements {
  all(sql: string, ...values: readonly Value[]): Promise<Row[]>;
}
