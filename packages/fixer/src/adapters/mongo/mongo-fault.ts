// What goes wrong with a MongoDB server, and what to do about it. Never shows the password of the address.
import { Fault } from '@levautofix/service-kit/fault';
import { withoutPasswords } from '../../domain/without-passwords.js';

export function mongoFault(error: unknown, uri: string): Fault {
  if (error instanceof Fault) return error;
  const { name, message, code, errorLabels } = read(error, uri);
  const known = catalogue.find(({ names, codes }) => names.test(name) || codes.includes(code ?? -1));
  const isPassing = errorLabels.some((label) => passingLabels.has(label));
  return new Fault({
    code: known?.code ?? 'database_fault',
    message: `MongoDB at ${withoutPasswords(uri)} ${known?.says ?? 'refused a command'}: ${message}.`,
    remedy: known?.remedy ?? 'Please report this as a bug, with the message.',
    isRetryable: known?.isRetryable ?? isPassing,
    // A copy: the driver's own error carries a description of the client that logs would print.
    cause: Object.assign(new Error(message), { name }),
  });
}

export function isDuplicateKey(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 11_000;
}

const passingLabels = new Set(['RetryableWriteError', 'TransientTransactionError', 'ResumableChangeStreamError']);

const catalogue = [
  {
    names: /^(MongoParseError|MongoInvalidArgumentError|MongoAPIError|MongoMissingDependencyError|TypeError)$/,
    codes: [],
    code: 'database_address_invalid',
    says: 'has an address that cannot be used',
    remedy:
      'Correct MONGODB_URI, such as mongodb://user:password@host:27017/levautofix, or unset it to use the embedded database.',
    isRetryable: false,
  },
  {
    names: /^never$/,
    codes: [13, 18, 8000],
    code: 'database_access_denied',
    says: 'refused these credentials',
    remedy: 'Check user, password and authSource in MONGODB_URI, and that the user may read and write the database.',
    isRetryable: false,
  },
  {
    names:
      /ServerSelection|Network|NotConnected|Disconnected|ConnectionPool|WaitQueue|TopologyClosed|ClientClosed|ServerClosed/,
    // Primary stepping down, shutting down, not yet elected; a write that the majority did not confirm in time.
    codes: [64, 91, 189, 10_058, 10_107, 11_600, 11_602, 13_435, 13_436],
    code: 'database_unreachable',
    says: 'cannot be reached',
    remedy: 'Start the server or correct MONGODB_URI; unset it to use the embedded database.',
    isRetryable: true,
  },
  {
    names: /ExceededTimeLimit|OperationTimeout/,
    codes: [50, 262],
    code: 'database_slow',
    says: 'took too long',
    remedy: 'It is tried again; if this goes on, look at the load of the server.',
    isRetryable: true,
  },
];

function read(error: unknown, uri: string) {
  const { name, message, code, errorLabels } = error as Partial<Error> & { code?: unknown; errorLabels?: unknown };
  const secrets = secretsOf(uri);
  return {
    name: name ?? 'Error',
    message: secrets
      .reduce((text, secret) => text.replaceAll(secret, '***'), message ?? String(error))
      .replace(/\.$/, ''),
    code: typeof code === 'number' ? code : null,
    errorLabels: Array.isArray(errorLabels) ? (errorLabels as string[]) : [],
  };
}

function secretsOf(uri: string): string[] {
  const password = /^[\w+.-]+:\/\/[^@/?#:]*:([^@/?#]*)@/.exec(uri)?.[1];
  if (!password) return [];
  let decoded = password;
  try {
    decoded = decodeURIComponent(password);
  } catch {
    // Not percent-encoded, which is itself what the driver is about to complain of.
  }
  return [uri, password, decoded];
}
