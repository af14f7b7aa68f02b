// Remembers what a program has started, so that what has left its process group by then can still be ended. Linux only.
import { readFileSync, readdirSync } from 'node:fs';
import { kill } from 'node:process';

export interface RememberedProcess {
  pid: number;
  /** Start time in clock ticks: a number that is used again later belongs to another process. */
  startedAt: string;
}

/**
 * Halts the group of `pid` and lists all descendants. A sandbox that is ended in the middle of its own start would otherwise leave
 * its inner half behind, which is in no group of ours. The caller ends or continues the group.
 */
export function haltAndRemember(pid: number): RememberedProcess[] {
  try {
    kill(-pid, 'SIGSTOP');
  } catch {
    return [];
  }
  // It takes effect within microseconds; a bound keeps a program that sleeps in the kernel from holding us.
  for (let round = 0; round < 1_000 && /^[RSD]$/.test(readStat(pid)?.state ?? 'T'); round++);
  return descendants(pid, 0);
}

/** Ends those that are still the same processes. */
export function endRemembered(processes: readonly RememberedProcess[]): void {
  for (const { pid, startedAt } of processes) {
    if (readStat(pid)?.startedAt !== startedAt) continue;
    try {
      kill(pid, 'SIGKILL');
    } catch {
      continue;
    }
  }
}

function descendants(pid: number, depth: number): RememberedProcess[] {
  if (depth > 50) return [];
  return childrenOf(pid).flatMap((child) => {
    const stat = readStat(child);
    return stat ? [{ pid: child, startedAt: stat.startedAt }, ...descendants(child, depth + 1)] : [];
  });
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** See proc_pid_stat(5): the name may hold spaces and brackets, so fields count from its end. */
function readStat(pid: number): { state: string; startedAt: string } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', startedAt: fields[19] ?? '' };
  } catch {
    return null;
  }
}
