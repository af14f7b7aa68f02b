// The command `scan`.
import type { CommandIo } from '@levautofix/service-kit/command';

export function run(_args: string[], _io: CommandIo): Promise<number> {
  return Promise.reject(new Error('not built yet'));
}
