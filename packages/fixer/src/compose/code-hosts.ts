// Where pull requests of a service are opened: GitHub with a token, else the local repository.
import { join } from 'node:path';
import { Fault } from '@levautofix/service-kit/fault';
import { createGitHubHost } from '../adapters/github/github-host.js';
import { gitHost, parseRepositoryName, repositoryNameOf } from '../adapters/github/repository-name.js';
import { createLocalHost } from '../adapters/local-host/local-host.js';
import type { FixerConfig, FixerSecrets } from '../config/config.js';
import type { Service } from '../domain/service.js';
import type { CodeHost } from '../ports/code-host.js';
import type { Repository } from '../ports/repository.js';

export function createCodeHosts(
  config: FixerConfig,
  { githubToken: token }: FixerSecrets,
  repository: () => Repository,
  override: CodeHost | undefined,
) {
  const apiUrl = config.githubApiUrl;
  const host = gitHost(apiUrl);
  return {
    fetchCredentials: token === undefined ? null : { token, host },
    async of(service: Service): Promise<CodeHost> {
      if (override) return override;
      if (token === undefined) {
        return createLocalHost({ folder: join(config.dataDir, 'pull-requests'), repository: repository() });
      }
      const remote = await repository().remoteUrl(service.repoPath);
      const name = config.githubRepository
        ? parseRepositoryName(config.githubRepository)
        : repositoryNameOf(remote ?? '', host);
      if (name) return createGitHubHost({ token, apiUrl, repository: name });
      throw new Fault({
        code: 'github_repository_unknown',
        message: `It is not clear which repository on ${host} belongs to ${service.name}: the remote origin ${remote ? 'lies elsewhere' : 'is missing'}.`,
        remedy: 'Set GITHUB_REPOSITORY=owner/name, or unset GITHUB_TOKEN to keep branches in the local repository.',
      });
    },
  };
}
