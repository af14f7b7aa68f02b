// Takes user and password out of the addresses in a text, for whatever a person, a log or a page gets to see.

/** Up to the last `@` of an address: a password that was not encoded may hold one, or a slash. */
export function withoutPasswords(text: string): string {
  return text.replace(/(\b[a-z][\w+.-]{0,30}:\/\/)[^\s'"<>]{0,1000}@/gi, '$1***@');
}
