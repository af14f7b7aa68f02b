// Finds secrets with secretlint's recommended rules.
import { lintSource } from '@secretlint/core';
import { creator } from '@secretlint/secretlint-rule-preset-recommend';
import type { SecretFinding, SecretScanner } from '../../ports/secret-scanner.js';

export class SecretlintScanner implements SecretScanner {
  async scan(path: string, text: string): Promise<SecretFinding[]> {
    const result = await lintSource({
      source: { filePath: `/${path}`, content: text, ext: /\.\w+$/.exec(path)?.[0] ?? '', contentType: 'text' },
      options: {
        config: { rules: [{ id: '@secretlint/secretlint-rule-preset-recommend', rule: creator }] },
        // Without it a finding's message would carry the secret.
        maskSecrets: true,
      },
    });
    return result.messages.map((message) => ({
      line: message.loc.start.line,
      note: `a secret (${message.messageId.toLowerCase().replaceAll('_', ' ')})`,
    }));
  }
}
