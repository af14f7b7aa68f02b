// Short texts of which at least one stands in the line an event begins with, or in the first frame below it.

/** Words that loggers and languages write in lower case, in capitals, or with one capital. */
const words = [
  'error',
  'fatal',
  'xcepti',
  'panic',
  'raceback',
  'critic',
  'severe',
  'emerg',
  'alert',
  'segmenta',
  'terminate',
];

/** 5 to 8 ASCII characters each; a line end may only come first. */
const exact = [
  '[err]',
  '[ERR]',
  ' ERR ',
  ' ERR]',
  ' ERR:',
  '\nERR ',
  'ERR! ',
  'omise {',
  'trace-un',
  'ERR!\u001b',
  'mERR\u001b',
  ' FTL ',
  'mFTL\u001b',
  ' PNC ',
  'mPNC\u001b',
  ' ERRO ',
  'ertion `',
  'ERRO[',
  'ERRO\u001b',
  'FATA[',
  'FATA\u001b',
  'PANI[',
  'PANI\u001b',
  '"err"',
  '=err ',
  ' err: ',
  '\nerr: ',
  '[crit',
  '"crit',
  '=crit',
  ' crit:',
  '\ncrit:',
  ' CRIT ',
  '[CRIT',
  ' CRIT:',
  '\nfail:',
  ' FTL]',
  // pino and bunyan count from 50; white space comes from other JSON writers.
  'vel":5',
  'vel":6',
  'vel": 5',
  'vel": 6',
  'vel: 5',
  'vel: 6',
  '"s":"E"',
  '"s":"F"',
  '"PRIORI',
  '   at ',
  '\n  at ',
  '\n\tat ',
  '\\tat ',
];

/** klog begins a line with the level's letter and the date: `E0505`. */
const dated = ['E', 'F'].flatMap((letter) =>
  Array.from({ length: 12 }, (_, month) => String(month + 1).padStart(2, '0')).flatMap((month) =>
    ['0', '1', '2', '3'].map((tens) => `\n${letter}${month}${tens}`),
  ),
);

/** glog that writes the year: `E20240505`. */
const datedWithYear = ['E', 'F'].flatMap((letter) => ['2', '3'].map((decade) => `\n${letter}20${decade}`));

/** Tornado, with the year in two digits or in four, alone and in what containers put around it: `[E 240502`. */
const bracketed = ['\n', '"', ' '].flatMap((before) =>
  ['E', 'C'].flatMap((letter) => ['2', '3'].map((decade) => `${before}[${letter} ${decade}`)),
);

/** Superset of the table of formats: a new format needs a literal here. */
export const rareLiterals: readonly string[] = [
  ...words.flatMap(inAllCases),
  ...exact,
  ...dated,
  ...datedWithYear,
  ...bracketed,
];

/** Shorter ones cannot be searched for. */
export const leastLiteral = 5;

export function inAllCases(word: string): string[] {
  return [word, `${word.charAt(0).toUpperCase()}${word.slice(1)}`, word.toUpperCase()];
}
