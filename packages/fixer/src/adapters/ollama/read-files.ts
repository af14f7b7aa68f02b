// Reads whole files out of a model's answer: a line that names the path, then the content in a code fence.

export interface AnsweredFile {
  path: string;
  content: string;
}

const heading = /^(?:#+\s*)?(?:\*\*)?FILE:?\s+`?([^`*\n]+?)`?(?:\*\*)?\s*$/i;

/** Words instead of code, by which a model says that it left something out. */
const omission =
  /^\s*(?:\/\/|#|\/\*|<!--|--)?\s*(?:\.\.\.|…)\s*(?:\(?(?:the\s+)?(?:rest|existing|remaining|other|previous|unchanged|same|omitted)\b.*)?(?:\*\/|-->)?\s*$|(?:\/\/|#|\/\*)\s*(?:rest of (?:the )?(?:file|code)|existing code|unchanged code|(?:code|file) (?:continues|unchanged))/im;

export function readAnsweredFiles(answer: string): AnsweredFile[] {
  const lines = answer.split(/\r?\n/);
  const files: AnsweredFile[] = [];
  for (let index = 0; index < lines.length; index++) {
    const path = heading.exec(lines[index] ?? '')?.[1]?.trim();
    if (path === undefined) continue;
    let start = index + 1;
    while (lines[start]?.trim() === '') start++;
    const fence = /^\s*(`{3,}|~{3,})/.exec(lines[start] ?? '')?.[1];
    if (fence === undefined) continue;
    let end = start + 1;
    while (end < lines.length && lines[end]?.trim() !== fence) end++;
    if (end === lines.length) break;
    files.push({
      path,
      content: `${lines
        .slice(start + 1, end)
        .join('\n')
        .trimEnd()}\n`,
    });
    index = end;
  }
  return files;
}

export function isCutShort({ content }: AnsweredFile): boolean {
  return omission.test(content);
}
