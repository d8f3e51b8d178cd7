/** Stamped in by `scripts/build`; a checkout that runs from source has none. */
declare const PROCTOR_VERSION: string | undefined;

/** The version of this proctor. */
export const VERSION: string = typeof PROCTOR_VERSION === "string" ? PROCTOR_VERSION : "0.1.0";

/** The version of the record format, written into every `start` record. */
export const RECORD_SCHEMA = "proctor/1";
