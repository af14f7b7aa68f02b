import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { mongoFault } from './mongo-fault.js';
import { openMongoStore } from './open-mongo-store.js';

const password = 'pa$$:w0rd';
const encoded = encodeURIComponent(password);

describe('a MongoDB fault', () => {
  it('says what to do when the server is away, without the password', async () => {
    // Port 1 of loopback answers nobody.
    const uri = `mongodb://levautofix:${encoded}@127.0.0.1:1/levautofix`;
    const error: unknown = await openMongoStore({ uri, serverSelectionTimeoutMs: 200 }).catch(
      (fault: unknown) => fault,
    );
    expect(error).toMatchObject({
      code: 'database_unreachable',
      isRetryable: true,
      message: expect.stringContaining('mongodb://***@127.0.0.1:1/levautofix') as string,
      remedy: expect.stringContaining('MONGODB_URI') as string,
    });
    expect(shown(error)).not.toMatch(/w0rd/);
  });

  it.each([
    'localhost:27017',
    `mongodb://u:${password}@host:notaport/`,
    'mongodb://',
    'http://x/',
    `mongodb://u:${password}@/@`,
  ])('refuses the address %j, without the password', async (uri) => {
    const error: unknown = await openMongoStore({ uri, serverSelectionTimeoutMs: 200 }).catch(
      (fault: unknown) => fault,
    );
    expect(error).toMatchObject({ code: 'database_address_invalid', isRetryable: false });
    expect(shown(error)).not.toMatch(/w0rd/);
  });

  it.each([
    [{ name: 'MongoServerError', code: 18, message: 'Authentication failed.' }, 'database_access_denied', false],
    [{ name: 'MongoServerError', code: 13, message: 'not authorized' }, 'database_access_denied', false],
    [{ name: 'MongoServerError', code: 10_107, message: 'not primary' }, 'database_unreachable', true],
    [{ name: 'MongoNetworkTimeoutError', message: 'timed out' }, 'database_unreachable', true],
    [
      { name: 'MongoServerError', code: 9_999, message: '?', errorLabels: ['RetryableWriteError'] },
      'database_fault',
      true,
    ],
    [{ name: 'MongoServerError', code: 9_999, message: '?' }, 'database_fault', false],
  ])('%o is %s', (error, code, isRetryable) => {
    expect(mongoFault(error, 'mongodb://host/')).toMatchObject({ code, isRetryable });
  });
});

function shown(error: unknown): string {
  return `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${(error as Error).message}`;
}
