// Wakes the reader when something happens in the folders of the logs, through chokidar.
import { watch, type FSWatcher } from 'chokidar';

/** Rings once for each time it is armed. */
export interface ChangeBell {
  /** Does nothing while it is armed already. */
  arm(folders: readonly string[], onChange: () => void): void;
  disarm(): void;
}

/** Beyond so many folders the kernel's watches are left to others, and polling alone finds the news. */
const maxFolders = 64;

export function createChangeBell(): ChangeBell {
  let watcher: FSWatcher | null = null;
  const disarm = () => {
    const old = watcher;
    watcher = null;
    void old?.close();
  };
  return {
    arm(folders, onChange) {
      if (watcher || folders.length > maxFolders) return;
      const own = watch([...folders], {
        depth: 0,
        ignoreInitial: true,
        // A folder's own watch tells of its files too; one for each file would cost memory and, while lines stream in, time.
        ignored: (_path, stats) => stats !== undefined && !stats.isDirectory(),
      });
      watcher = own;
      own.on('raw', () => {
        if (watcher !== own) return;
        disarm();
        onChange();
      });
      // Too few watches left, or a mount without events: polling goes on.
      own.on('error', () => {});
    },
    disarm,
  };
}
