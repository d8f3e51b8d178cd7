/** Where the digits of `2026-01-15T10:30:00.000Z` are. */
const DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];
const FORM =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,12}))?(?:[Zz]|([+-])(\d\d):?(\d\d))$/;
/** What agents write; a 0 stands for any digit. */
const USUAL = new TextEncoder().encode("0000-00-00T00:00:00.000Z");
const LONGEST = 40;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * A time of RFC 3339 in ms since 1970; NaN for what is none. `Date.parse` takes much that is none, differently from
 * one runtime to another.
 */
export function parseRfc3339(text: string): number {
  if (text.length === 24 && isUsual(text)) {
    return timeOf(
      number(text, 0, 4),
      number(text, 5, 2),
      number(text, 8, 2),
      number(text, 11, 2),
      number(text, 14, 2),
      number(text, 17, 2),
    ) + number(text, 20, 3);
  }
  if (text.length > LONGEST) return NaN;
  const match = FORM.exec(text);
  if (!match) return NaN;
  const [, year, month, day, hour, minute, second, fraction = "", sign, offsetHours, offsetMinutes] = match;
  const offset = sign === undefined ? 0 : Number(offsetHours) * 60 + Number(offsetMinutes);
  if (offset >= 24 * 60 || Number(offsetMinutes ?? 0) > 59) return NaN;
  const local = timeOf(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const ms = Number(fraction.slice(0, 3).padEnd(3, "0"));
  return local + ms - (sign === "-" ? -offset : offset) * MINUTE_MS;
}

/** The same of a text in bytes: what agents write is not made a string of. */
export function parseRfc3339Bytes(bytes: Uint8Array, from: number, end: number): number {
  if (end - from !== 24 || !isUsualAt(bytes, from)) {
    return end - from > LONGEST ? NaN : parseRfc3339(String.fromCharCode(...bytes.subarray(from, end)));
  }
  return timeOf(
    numberAt(bytes, from, 4),
    numberAt(bytes, from + 5, 2),
    numberAt(bytes, from + 8, 2),
    numberAt(bytes, from + 11, 2),
    numberAt(bytes, from + 14, 2),
    numberAt(bytes, from + 17, 2),
  ) + numberAt(bytes, from + 20, 3);
}

function isUsualAt(bytes: Uint8Array, from: number): boolean {
  for (let at = 0; at < USUAL.length; at++) {
    const wanted = USUAL[at];
    const byte = bytes[from + at];
    if (wanted === 0x30 ? !isDigit(byte) : byte !== wanted) return false;
  }
  return true;
}

function numberAt(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) value = value * 10 + bytes[at] - 48;
  return value;
}

/** As our own agents write it: UTC, with milliseconds. */
function isUsual(text: string): boolean {
  for (const at of DIGITS) if (!isDigit(text.charCodeAt(at))) return false;
  return isDigit(text.charCodeAt(20)) && isDigit(text.charCodeAt(21)) && isDigit(text.charCodeAt(22)) &&
    text[4] === "-" && text[7] === "-" && text[10] === "T" && text[13] === ":" && text[16] === ":" &&
    text[19] === "." && text[23] === "Z";
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function number(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

/** NaN where there is no such day or time. A leap second is the one after it. */
function timeOf(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number {
  const isThere = month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month) && hour <= 23 &&
    minute <= 59 && second <= 60;
  if (!isThere) return NaN;
  // Days since 1970 of a calendar whose years begin in March, so that a leap day is the last of its year.
  const years = month > 2 ? year : year - 1;
  const era = Math.floor(years / 400);
  const yearOfEra = years - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  return days * DAY_MS + (hour * 60 + minute) * MINUTE_MS + second * 1_000;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
