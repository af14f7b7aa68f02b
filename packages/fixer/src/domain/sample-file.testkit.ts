// A changed file, for tests of what looks at changes.
import type { ChangedFile } from './change.js';

export function sampleFile(patch: Partial<ChangedFile> = {}): ChangedFile {
  return {
    path: 'src/cart.js',
    oldPath: null,
    kind: 'modified',
    mode: '100644',
    linesAdded: 2,
    linesDeleted: 1,
    isBinary: false,
    ...patch,
  };
}
