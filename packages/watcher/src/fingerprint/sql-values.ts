// Values in a statement of SQL that a message quotes. Tables, columns and the form of the statement say what went wrong.

const verbs = [
  ['select', String.raw`\s(?:[^;]*?\s)?`, 'from'],
  ['insert', String.raw`\s+(?:ignore\s+)?`, 'into'],
  ['replace', String.raw`\s+`, 'into'],
  ['merge', String.raw`\s+`, 'into'],
  ['delete', String.raw`\s+`, 'from'],
  ['update', String.raw`\s+[^\s;]+\s+`, 'set'],
] as const;

function verbsIn(letters: (word: string) => string): string {
  return verbs.map(([first, between, last]) => `${letters(first)}${between}${letters(last)}`).join('|');
}

const capitals = verbsIn((word) => word.toUpperCase());
const small = verbsIn((word) => word);
/** With all that is behind it. In small letters it must begin a part of the text: the verbs are words of prose, too. */
export const sqlStatement = new RegExp(
  String.raw`(?:\b(?:${capitals})|(?<=(?:^|[:([{"'${'`'}]) ?)(?:${small}))\s(?!')[\s\S]*`,
);

const prose = String.raw`(?:["'${'`'}\]][:;]\s|\):\s| - (?=[a-z]+ [a-z]))[\s\S]*`;
/** A doubled mark within it is read as the end of one and the begin of another: there is one way only to read it. */
const literal = String.raw`'(?:[^'\\]|\\[\s\S])*'`;
/** A message may be cut off within it. */
const list = String.raw`\((?:${literal}|"[^"]*"|\([^()]*\)|[^()'"])*(?:\)|'[^']*$|"[^"]*$|$)`;
const notBare = String.raw`[\s"'${'`'}?:$%@<>=(]|\w+(?:\.\w|\()|(?:null|true|false|any|all|select)\b`;
const clauseBehind = String.raw`\s(?:and|or|limit|order|group)\b|,\s?[\w."${'`'}]+\s?=|\)$`;
/** Some tools put values in without quotation marks. Placeholders, columns, calls and words of SQL are no such thing. */
const bare = String.raw`(?!${notBare})(?:[^=:;,()\n"'${'`'}]+?(?=${clauseBehind})|[^\s,;()"'${'`'}]+)`;

const parts = new RegExp(
  [
    `(${prose})`,
    String.raw`\b(values\s*|in\s*(?=\((?!\s*select\b)))${list}(?:\s*,\s*${list})*`,
    String.raw`((?:=|\blike\b)\s*)(?:"[^"\n]*"(?![.\w])|${bare})`,
    `(?:${literal})+`,
  ].join('|'),
  'gi',
);

export function dropSqlValues(statement: string): string {
  return statement.replace(parts, (_part, behind?: string, beforeList?: string, beforeValue?: string) => {
    if (behind !== undefined) return behind;
    if (beforeList !== undefined) return `${beforeList}(<value>)`;
    return `${beforeValue ?? ''}<value>`;
  });
}
