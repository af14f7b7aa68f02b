// Short byte strings of which at least one stands in the line an event begins with, or in the first frame below it.

export interface RareLiteral {
  /** 3 to 8 bytes of ASCII; a line feed may only come first. */
  text: string;
  isAnyCase: boolean;
}

const anyCase = (text: string): RareLiteral => ({ text, isAnyCase: true });
const exact = (text: string): RareLiteral => ({ text, isAnyCase: false });

/** Superset of the table of formats: a new format needs a literal here. */
export const rareLiterals: readonly RareLiteral[] = [
  anyCase('err'),
  anyCase('fatal'),
  anyCase('xceptio'),
  anyCase('panic'),
  anyCase('tracebac'),
  anyCase('critical'),
  anyCase('severe'),
  anyCase('uncaught'),
  anyCase('unhandle'),
  anyCase('terminat'),
  exact('emerg'),
  exact('EMERG'),
  exact('[crit'),
  exact('CRIT'),
  exact('crit:'),
  exact('=crit'),
  exact('"crit"'),
  exact('"alert"'),
  exact('[alert'),
  exact('ALERT'),
  exact('=alert'),
  exact('\nfail:'),
  exact('FTL]'),
  exact('"s":"E"'),
  exact('"s":"F"'),
  exact('"PRIORI'),
  exact('l":5'),
  exact('l":6'),
  exact('l": 5'),
  exact('l": 6'),
  exact('\nE0'),
  exact('\nE1'),
  exact('\nF0'),
  exact('\nF1'),
  exact('    at '),
  exact('  at '),
  exact('\tat '),
  exact('\\tat '),
  exact('\nat '),
  exact('[stacktr'),
];
