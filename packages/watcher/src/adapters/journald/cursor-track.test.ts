// A position in journalctl's output becomes the cursor to go on after.
import { describe, expect, it } from 'vitest';
import { CursorTrack } from './cursor-track.js';

const entry = (cursor: string, message = 'x') => `{"__CURSOR":"${cursor}","MESSAGE":${JSON.stringify(message)}}\n`;

describe('journal cursors', () => {
  it('name the last entry that lies before what is pending, wherever the output is cut', () => {
    const [one, two, three] = [entry('c1'), entry('c2', 'quoted "__CURSOR":"evil" text'), entry('c3')] as const;
    const output = Buffer.from(one + two + three);
    for (let cut = 0; cut <= output.length; cut++) {
      const track = new CursorTrack('c0');
      track.push(output.subarray(0, cut));
      track.push(output.subarray(cut));
      expect(track.accountedFor(output.length)).toBe('c0');
      expect(track.accountedFor(three.length + two.length)).toBe('c1');
      expect(track.accountedFor(three.length + 1)).toBe('c1');
      expect(track.accountedFor(three.length)).toBe('c2');
      expect(track.accountedFor(0)).toBe('c3');
    }
  });

  it('stay where they were while nothing came', () => {
    expect(new CursorTrack(null).accountedFor(0)).toBeNull();
    expect(new CursorTrack('c7').accountedFor(0)).toBe('c7');
  });
});
