import { expect, it } from 'vitest';
import { createLogger } from './logger.js';

it('keeps known secrets out of every line, also inside an error and its cause', () => {
  const lines: string[] = [];
  const log = createLogger({
    name: 'test',
    level: 'info',
    secrets: ['hunter2hunter2'],
    destination: { write: (line) => void lines.push(line) },
  });
  const error = new Error('cannot reach http://host/hunter2hunter2', { cause: new Error('hunter2hunter2 refused') });
  log.error({ err: error, url: 'x?token=hunter2hunter2' }, 'request failed');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain('hunter2');
  expect(JSON.parse(lines[0]!)).toMatchObject({
    name: 'test',
    msg: 'request failed',
    url: expect.stringMatching(/^x\?token=\[redacted:/) as string,
  });
});
