// A log whose lines say which event they belong to: a letter for each event, a blank for none, then a bar and the line.
import type { DetectedEvent } from '../domain/occurrence.js';
import { createEventDetector } from './event-detector.js';

export interface MarkedLog {
  lines: string[];
  /** Numbers of the lines of each event, in the order of their letters. */
  events: number[][];
}

export function readMarkedLog(text: string): MarkedLog {
  // The first line of a log is read in any case; the others are searched for.
  const marked = [' |up', ...text.split('\n').slice(1, -1)];
  const owners = marked.map((line) => line.charAt(0));
  const letters = [...new Set(owners)].filter((owner) => owner !== ' ').sort();
  const numbersOf = (letter: string): number[] =>
    owners.flatMap((owner, index) => (owner === letter ? [index + 1] : []));
  return { lines: marked.map((line) => line.slice(2)), events: letters.map(numbersOf) };
}

export function detectIn(lines: readonly string[]): DetectedEvent[] {
  const detector = createEventDetector();
  return [...detector.push(Buffer.from(`${lines.join('\n')}\n`), 0), ...detector.end()];
}

export function linesOf({ startLine, endLine, lines }: DetectedEvent): number[] {
  return lines ?? Array.from({ length: endLine - startLine + 1 }, (_, index) => startLine + index);
}
