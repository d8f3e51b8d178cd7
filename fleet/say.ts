/** What a manager says of what it does: a line for people. */
export type Say = (level: "info" | "warn" | "error", line: string) => void;
