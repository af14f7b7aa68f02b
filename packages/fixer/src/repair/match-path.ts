// Compares paths with globs the way a person means them, after everything that could disguise a path is taken away.

/** NFKC, lower case, no invisible characters, forward slashes: what a file system or a reader may take for the same name. */
export function normalisePath(path: string): string {
  return path
    .normalize('NFKC')
    .replace(
      /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]/g,
      '',
    )
    .replaceAll('\\', '/')
    .toLowerCase();
}

/**
 * `*` and `?` stay within one name, `**` crosses folders, `{a,b}` chooses. A pattern without a slash matches at any depth;
 * one that names a folder matches everything in it.
 */
export function globMatcher(glob: string): (path: string) => boolean {
  const whole = normalisePath(glob.trim()).replace(/^\.\//, '/').replace(/\/+$/, '');
  const isAnywhere = !whole.includes('/');
  const pattern = whole.replace(/^\//, '');
  const expression = new RegExp(`^${isAnywhere ? '(?:.*/)?' : ''}${translate(pattern)}(?:/.*)?$`, 'su');
  return (path) => expression.test(normalisePath(path));
}

function translate(pattern: string): string {
  let result = '';
  let depth = 0;
  for (let index = 0; index < pattern.length; index++) {
    const char = pattern.charAt(index);
    if (pattern.startsWith('**/', index)) [result, index] = [`${result}(?:.*/)?`, index + 2];
    else if (pattern.startsWith('**', index)) [result, index] = [`${result}.*`, index + 1];
    else if (char === '*') result += '[^/]*';
    else if (char === '?') result += '[^/]';
    else if (char === '{' && pattern.includes('}', index)) [result, depth] = [`${result}(?:`, depth + 1];
    else if (char === '}' && depth > 0) [result, depth] = [`${result})`, depth - 1];
    else if (char === ',' && depth > 0) result += '|';
    else result += char.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
  }
  return result + ')'.repeat(depth);
}
