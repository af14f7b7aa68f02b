import { describe, expect, it } from 'vitest';
import { Lifecycle } from './lifecycle.js';
import { silentLogger } from './logger.js';

describe('a lifecycle', () => {
  it('starts in order and stops in reverse', async () => {
    const seen: string[] = [];
    const lifecycle = new Lifecycle([part('store', seen), part('worker', seen)], silentLogger);
    await lifecycle.start();
    await lifecycle.stop();
    expect(seen).toEqual(['start store', 'start worker', 'stop worker', 'stop store']);
  });

  it('stops what was started when a part cannot start', async () => {
    const seen: string[] = [];
    const broken = { name: 'http', start: () => Promise.reject(new Error('port taken')) };
    await expect(new Lifecycle([part('store', seen), broken], silentLogger).start()).rejects.toThrow('port taken');
    expect(seen).toEqual(['start store', 'stop store']);
  });

  it('goes on stopping when a part fails or hangs', async () => {
    const seen: string[] = [];
    const failing = { name: 'failing', stop: () => Promise.reject(new Error('no')) };
    const hanging = { name: 'hanging', stop: () => new Promise<void>(() => {}) };
    const lifecycle = new Lifecycle([part('store', seen), hanging, failing], silentLogger, 10);
    await lifecycle.start();
    await lifecycle.stop();
    expect(seen).toEqual(['start store', 'stop store']);
  });
});

function part(name: string, seen: string[]) {
  return { name, start: () => void seen.push(`start ${name}`), stop: () => void seen.push(`stop ${name}`) };
}
