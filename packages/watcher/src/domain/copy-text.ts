// A text of its own: a piece of a string keeps the whole string alive that it was cut from.

export function copyText(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}
