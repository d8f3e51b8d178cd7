/** Something that is wrong with a value. */
export interface SchemaIssue {
  /** What, in one sentence. */
  readonly message: string;
  /** Where: keys and indices from the outside in; empty for the whole value. */
  readonly path: readonly PropertyKey[];
}

/** Why a value is not what a schema describes. */
export interface SchemaError extends Error {
  /** All that is wrong with it. */
  readonly issues: readonly SchemaIssue[];
}

/** What came of checking a value. */
export type SchemaResult<T> =
  | { readonly success: true; readonly data: T; readonly error?: undefined }
  | { readonly success: false; readonly data?: undefined; readonly error: SchemaError };

/** What a library that takes any schema asks of one (Standard Schema 1). */
export interface StandardSchema<T> {
  /** Of that interface. */
  readonly version: 1;
  /** Who has made the schema. */
  readonly vendor: string;
  /** The value, or what is wrong with it. */
  readonly validate: (value: unknown) => StandardResult<T> | Promise<StandardResult<T>>;
  /** For the compiler alone. */
  readonly types?: { readonly input: T; readonly output: T } | undefined;
}

/** What came of checking a value, as Standard Schema 1 has it. */
export type StandardResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** Something that is wrong with a value, as Standard Schema 1 has it. */
export interface StandardIssue {
  /** What, in one sentence. */
  readonly message: string;
  /** Where, from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * A schema: it checks values that come from outside, such as a line of a file.
 *
 * It is one of zod. `z.infer` gives its type; `schema as z.ZodType<ProctorRecord>` makes it a part of other schemas.
 */
export interface Schema<T> {
  /** The value, where it is what the schema describes. @throws SchemaError */
  parse(value: unknown): T;
  /** The same without throwing. */
  safeParse(value: unknown): SchemaResult<T>;
  /** The schema as JSON Schema (draft 2020-12). */
  toJSONSchema(): Record<string, unknown>;
  /** For libraries that take any schema. */
  readonly "~standard": StandardSchema<T>;
  /** The type, for `z.infer` and `z.input`. */
  readonly _zod: { readonly output: T; readonly input: T };
}
