/** How much a line of a log matters, from least to most. */
export const LINE_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal"] as const;

/** How much a line of a log matters. */
export type LineLevel = (typeof LINE_LEVELS)[number];

/** The words that programs have for a level, in lower case. */
const WORDS: Readonly<Record<string, LineLevel>> = {
  trace: "trace",
  verbose: "debug",
  debug: "debug",
  dbg: "debug",
  info: "info",
  information: "info",
  notice: "info",
  warn: "warn",
  warning: "warn",
  err: "error",
  error: "error",
  severe: "error",
  fatal: "fatal",
  crit: "fatal",
  critical: "fatal",
  alert: "fatal",
  emerg: "fatal",
  panic: "fatal",
};

/** Keys of structured lines. */
const KEYS = ["level", "severity", "lvl", "levelname", "loglevel", "log.level"];
/** A level stands at the beginning of a line, behind a time and a name at most. */
const HEAD_LENGTH = 120;
/** Longer JSON is parsed for nobody's level. */
const LONGEST_JSON = 65_536;

const FIELD = /(?:^|[\s,{])(?:level|severity|lvl|loglevel)=["']?([a-z]+)\b/i;
/** In capitals a word is a level wherever it stands alone … */
const CAPITALS = /(?:^|[^A-Za-z0-9_/.-])([A-Z]{3,11})(?![A-Za-z0-9_/.-])/g;
/** … in small letters only in brackets, or where what it says follows behind a colon. */
const BRACKETED = /[[(<|]\s*([a-z]{3,11})\s*[\])>|]/gi;
const BEFORE_COLON = /(?:^|\s)([a-z]{3,11}):(?=\s|$)/gi;
/** Of glog and klog: a letter and the date. */
const GLOG = /^([IWEF])\d{4} \d\d:\d\d/;
const GLOG_LEVELS: Readonly<Record<string, LineLevel>> = { I: "info", W: "warn", E: "error", F: "fatal" };
/** Of sd-daemon(3): the priority of syslog. */
const PRIORITY = /^<([0-7])>/;
const PRIORITIES = ["fatal", "fatal", "fatal", "error", "warn", "info", "info", "debug"] as const;
/** An uncaught error, as languages tell of it. */
const UNCAUGHT =
  /^(?:Traceback \(most recent call last\)|Exception in thread |Uncaught |Unhandled |[A-Za-z_.]*(?:Error|Exception)(?::|$))/;

/**
 * The level that a line has by its own words: a field of JSON or of `key=value`, a word where programs put one, a
 * letter of glog, a priority of syslog; null where there is none.
 * @param text without colours
 */
export function levelOf(text: string): LineLevel | null {
  if (text.startsWith("{")) {
    const level = levelInJson(text);
    if (level) return level;
  }
  const head = text.slice(0, HEAD_LENGTH);
  const [, priority] = PRIORITY.exec(head) ?? [];
  if (priority !== undefined) return PRIORITIES[Number(priority)];
  const [, letter] = GLOG.exec(head) ?? [];
  if (letter !== undefined) return GLOG_LEVELS[letter];
  const field = named(FIELD.exec(head)?.[1]);
  if (field) return field;
  for (const pattern of [CAPITALS, BRACKETED, BEFORE_COLON]) {
    for (const [, word] of head.matchAll(pattern)) {
      const level = named(word);
      if (level) return level;
    }
  }
  return UNCAUGHT.test(head) ? "error" : null;
}

function named(word: string | undefined): LineLevel | null {
  const key = word?.toLowerCase() ?? "";
  return Object.hasOwn(WORDS, key) ? WORDS[key] : null;
}

function levelInJson(text: string): LineLevel | null {
  if (text.length > LONGEST_JSON) return null;
  let fields: Record<string, unknown>;
  try {
    fields = JSON.parse(text);
  } catch {
    return null;
  }
  for (const key of KEYS) {
    const value = fields[key];
    if (typeof value === "number") return numbered(value);
    const level = typeof value === "string" ? named(value) : null;
    if (level) return level;
  }
  return null;
}

/** As pino and bunyan count: 10 is trace, 60 fatal. */
function numbered(value: number): LineLevel | null {
  return value >= 10 && value < 70 ? LINE_LEVELS[Math.floor(value / 10) - 1] : null;
}
