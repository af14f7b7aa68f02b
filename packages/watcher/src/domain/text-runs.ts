// Runs of letters and digits in a text, and which of them the rules for messages treat alike.

/** What stands in a run. */
export const digit = 1;
export const hexLetter = 2;
export const letter = 4;

const classes = Uint8Array.from({ length: 256 }, (_, code) => {
  const char = String.fromCharCode(code);
  if (/\d/.test(char)) return digit;
  return /[a-f]/.test(char) ? hexLetter : /[A-Za-z]/.test(char) ? letter : 0;
});

/** 0 for what is neither a letter of ASCII nor a digit. */
export function classOf(code: number): number {
  return code < 256 ? (classes[code] ?? 0) : 0;
}

/** Longest number that may be a status, which says what went wrong and must stay. */
export const maxStatusLength = 3;
/** Characters in front of a status that tell that it is one. */
export const statusContext = 64;
const statusWord = /(?:(?:status|code|errno|signal|http(?:\/[\d.]+)?)[ :=]+|error #)$/i;

export function endsWithStatusWord(before: string): boolean {
  return statusWord.test(before);
}

/** Between the word and the number. */
export function isStatusGap(code: number): boolean {
  return code === 0x20 || code === 0x3a || code === 0x3d || code === 0x23;
}

/** Whether it may be the last character of such a word: most others are told by it. */
export function mayEndStatusWord(code: number): boolean {
  const lower = code | 0x20;
  const isLast =
    lower === 0x73 || lower === 0x65 || lower === 0x6f || lower === 0x6c || lower === 0x70 || lower === 0x72;
  return isLast || code === 0x2e || classOf(code) === digit;
}

const leastHex = 6;

/** A hexadecimal run that is no part of an address, a fraction, a host or an identifier; by what stands beside it. */
export function isFreeHex(length: number, before: number, next: number): boolean {
  return length >= leastHex && before !== 0x5f && !isJoint(before) && next !== 0x24;
}

/** `$`, `,`, `.` and `:`. */
export function isJoint(code: number): boolean {
  return code === 0x24 || code === 0x2c || code === 0x2e || code === 0x3a;
}
