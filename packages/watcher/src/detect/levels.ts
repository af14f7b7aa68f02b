// The level words of loggers: which of them make a line an error event.

const errorLevels = new Set([
  'error',
  'err',
  'err!',
  'eror',
  'erro',
  'fatal',
  'fata',
  'ftl',
  'critical',
  'crit',
  'severe',
  'emerg',
  'emergency',
  'alert',
  'panic',
  'pani',
  'pnc',
  'dpanic',
  'fail',
  'wtf',
]);

const otherLevels = new Set([
  'trace',
  'trac',
  'trc',
  'verbose',
  'vrb',
  'silly',
  'debug',
  'dbg',
  'dbug',
  'debu',
  'info',
  'inf',
  'information',
  'informational',
  'notice',
  'http',
  'log',
  'warn',
  'warning',
  'wrn',
  'fine',
  'finer',
  'finest',
  'config',
  'success',
  'status',
  'detail',
  'hint',
  'statement',
  'context',
]);

export function isErrorLevel(word: string): boolean {
  return errorLevels.has(word.toLowerCase());
}

export function isLevel(word: string): boolean {
  const lower = word.toLowerCase();
  return errorLevels.has(lower) || otherLevels.has(lower);
}
