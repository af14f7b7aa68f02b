// Which GitHub repository a remote address means.

export interface RepositoryName {
  owner: string;
  repo: string;
}

/** Reads `owner/name`, as in GITHUB_REPOSITORY. */
export function parseRepositoryName(text: string): RepositoryName | null {
  const [, owner, repo] = /^([\w.-]+)\/([\w.-]+?)(?:\.git)?$/.exec(text) ?? [];
  return owner === undefined || repo === undefined ? null : { owner, repo };
}

/** Reads an http, ssh or `git@host:owner/name` address; null when it lies on another host than `host`. */
export function repositoryNameOf(remoteUrl: string, host: string): RepositoryName | null {
  const [, atHost = '', path = ''] =
    /^(?:https?|ssh):\/\/(?:[^/@]*@)?([^/:]+)(?::\d+)?\/(.+?)\/?$/i.exec(remoteUrl) ??
    /^(?:[^/@]+@)?([^/:]+):(?!\/\/)(.+?)\/?$/.exec(remoteUrl) ??
    [];
  return atHost.toLowerCase() === host.toLowerCase() ? parseRepositoryName(path) : null;
}

/** The host that serves git for an API address: api.github.com -> github.com, ghe.example/api/v3 -> ghe.example. */
export function gitHost(apiUrl: string): string {
  return new URL(apiUrl).hostname.replace(/^api\./, '');
}
