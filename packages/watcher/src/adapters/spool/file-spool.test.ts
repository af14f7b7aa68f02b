import { appendFile, mkdtemp, readFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IncidentReport } from '@levautofix/contract/incident-report';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileSpool } from './file-spool.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spool-'));
});
const opened: FileSpool[] = [];
afterEach(async () => {
  for (const spool of opened.splice(0)) await spool.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(maxBytes = 1024 * 1024) {
  const result = await FileSpool.open({ folder, maxBytes, now: () => 0 });
  opened.push(result.spool);
  return result;
}

function report(id: string, severity: IncidentReport['severity'] = 'high', padding = 100): IncidentReport {
  return {
    id,
    service: 'shop',
    environment: 'test',
    release: null,
    host: 'box',
    kind: 'error',
    fingerprint: 'v1:0123456789abcdef',
    severity,
    count: 1,
    firstSeenAt: '2026-01-01T00:00:00.000Z',
    lastSeenAt: '2026-01-01T00:00:00.000Z',
    error: { type: 'Error', message: 'x'.repeat(padding), stack: [] },
    request: null,
    context: [],
  };
}

const ids = async (spool: FileSpool, after = 0) => (await spool.read(after, 10_000)).map((item) => item.report.id);

describe('file spool', () => {
  it('keeps order and sequence over restarts', async () => {
    const first = await open();
    await first.spool.append([report('a'), report('b')]);
    await first.spool.acknowledge(1);
    await first.spool.close();
    const second = await open();
    expect(second.damaged).toBe(0);
    await second.spool.append([report('c')]);
    expect(await second.spool.read(0, 10)).toMatchObject([
      { sequence: 2, report: { id: 'b' } },
      { sequence: 3, report: { id: 'c' } },
    ]);
    expect(second.spool.spoolId).toBe(first.spool.spoolId);
  });

  it('goes on counting when everything was acknowledged before the restart', async () => {
    const first = await open();
    await first.spool.append([report('a'), report('b')]);
    await first.spool.acknowledge(2);
    const second = await open();
    await second.spool.append([report('c')]);
    expect((await second.spool.read(0, 1))[0]?.sequence).toBe(3);
  });

  it('takes the same report once', async () => {
    const { spool } = await open();
    await spool.append([report('a')]);
    await spool.append([report('a'), report('b'), report('b')]);
    expect(await ids(spool)).toEqual(['a', 'b']);
  });

  it('skips what a crash tore, at whatever byte, and loses nothing before it', async () => {
    const { spool } = await open();
    await spool.append([report('a')]);
    const [name] = (await readdir(folder)).filter((file) => file.startsWith('segment'));
    const path = join(folder, name!);
    const whole = (await stat(path)).size;
    await spool.append([report('b')]);
    const bytes = await readFile(path);
    for (let cut = whole; cut < bytes.length; cut += 7) {
      await writeFile(path, bytes.subarray(0, cut));
      const { spool: restarted, damaged } = await open();
      expect(await ids(restarted)).toEqual(['a']);
      expect(damaged).toBe(cut === whole ? 0 : 1);
    }
    const { spool: restarted } = await open();
    await restarted.append([report('c')]);
    expect(await ids((await open()).spool)).toEqual(['a', 'c']);
  });

  it('sends again rather than lose, when the position file is damaged', async () => {
    const { spool } = await open();
    await spool.append([report('a'), report('b')]);
    await spool.acknowledge(1);
    await truncate(join(folder, 'position.json'), 5);
    expect(await ids((await open()).spool)).toEqual(['a', 'b']);
  });

  it('passes over rubbish between its lines', async () => {
    const { spool } = await open();
    await spool.append([report('a')]);
    const [name] = (await readdir(folder)).filter((file) => file.startsWith('segment'));
    await appendFile(join(folder, name!), '\0\0\0\n{"sequence":"x"}\n[1]\n');
    const restarted = await open();
    expect(restarted.damaged).toBe(3);
    expect(await ids(restarted.spool)).toEqual(['a']);
  });

  it('stays within its bound: the least severe and then oldest give way and are counted', async () => {
    const maxBytes = 200 * 1024;
    const { spool } = await open(maxBytes);
    await spool.append([report('first-critical', 'critical', 1_000)]);
    for (let n = 0; n < 1_000; n++) await spool.append([report(`m${n}`, n % 2 ? 'medium' : 'high', 1_000)]);
    const kept = await ids(spool);
    expect(kept).toContain('first-critical');
    expect(kept.at(-1)).toBe('m998');
    expect(kept.filter((id) => Number(id.slice(1)) % 2 === 1).length).toBeLessThan(20);
    expect(kept.length + spool.stats().dropped).toBe(1_001);
    expect(spool.stats().bytes).toBeLessThanOrEqual(maxBytes);
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(maxBytes * 1.5);
    await spool.close();
    expect(await ids((await open(maxBytes)).spool)).toEqual(expect.arrayContaining(kept));
  });

  it('gives the space back as reports are taken over', async () => {
    const { spool } = await open(512 * 1024);
    for (let n = 0; n < 200; n++) await spool.append([report(`r${n}`, 'high', 1_500)]);
    await spool.acknowledge(200);
    const names = (await readdir(folder)).filter((file) => file.startsWith('segment'));
    expect(names.length).toBeLessThanOrEqual(1);
    expect(spool.stats()).toMatchObject({ reports: 0, bytes: 0, oldestAt: null });
  });

  it('sets a refused report aside with the reason', async () => {
    const { spool } = await open();
    await spool.append([report('a')]);
    await spool.reject(1, 'unknown service');
    const line = JSON.parse(await readFile(join(folder, 'dead-letter.jsonl'), 'utf8')) as unknown;
    expect(line).toMatchObject({ reason: 'unknown service', report: { id: 'a' } });
    expect(spool.stats().rejected).toBe(1);
  });
});
