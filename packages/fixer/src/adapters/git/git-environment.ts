// The environments git runs in: nothing of a repository or a user's configuration may start a program or change a byte.

/** What git may know of the user when it talks to a remote with the user's own credentials. */
const inheritedNames = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'XDG_CONFIG_HOME',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  'SSH_AUTH_SOCK',
  'GIT_SSH_COMMAND',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'GIT_SSL_CAINFO',
];

export const authorName = 'LevAutoFix';
export const authorEmail = 'levautofix@localhost';

/** Wins over every configuration file, because git reads it last. */
const settings: Record<string, string> = {
  'core.hooksPath': '/dev/null',
  'core.fsmonitor': 'false',
  'core.attributesFile': '/dev/null',
  'core.excludesFile': '/dev/null',
  'core.autocrlf': 'false',
  'core.fileMode': 'true',
  'core.symlinks': 'true',
  'core.protectHFS': 'true',
  'core.protectNTFS': 'true',
  'commit.gpgSign': 'false',
  'push.gpgSign': 'false',
  'gc.auto': '0',
  'maintenance.auto': 'false',
  'submodule.recurse': 'false',
  'fetch.recurseSubmodules': 'false',
  'push.recurseSubmodules': 'no',
  'safe.bareRepository': 'explicit',
};

const common: Record<string, string> = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_ALLOW_PROTOCOL: 'file:http:https:ssh',
  GIT_AUTHOR_NAME: authorName,
  GIT_AUTHOR_EMAIL: authorEmail,
  GIT_COMMITTER_NAME: authorName,
  GIT_COMMITTER_EMAIL: authorEmail,
};

const withoutUserConfig = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
};

export type OuterEnvironment = Readonly<Record<string, string | undefined>>;

/** For every call that stays on this machine. */
export function localEnvironment(outer: OuterEnvironment): Record<string, string> {
  return {
    PATH: outer['PATH'] ?? '/usr/bin:/bin',
    HOME: '/nonexistent',
    ...common,
    ...withoutUserConfig,
    ...configure({}),
  };
}

/**
 * For fetch and push. With an `authorization` header for one origin the user's configuration stays out; without one the
 * user's own credential helper or ssh agent is needed, and so is the configuration that names it.
 */
export function remoteEnvironment(
  outer: OuterEnvironment,
  authorization: { origin: string; header: string } | null,
): Record<string, string> {
  const inherited: Record<string, string> = {};
  for (const name of inheritedNames) {
    const value = outer[name];
    if (value !== undefined) inherited[name] = value;
  }
  if (authorization === null) return { ...inherited, ...common, ...configure({}) };
  return {
    ...inherited,
    ...common,
    ...withoutUserConfig,
    ...configure({ [`http.${authorization.origin}/.extraHeader`]: authorization.header }),
  };
}

function configure(more: Record<string, string>): Record<string, string> {
  const entries = Object.entries({ ...settings, ...more });
  return {
    GIT_CONFIG_COUNT: String(entries.length),
    ...Object.fromEntries(
      entries.flatMap(([key, value], index) => [
        [`GIT_CONFIG_KEY_${index}`, key],
        [`GIT_CONFIG_VALUE_${index}`, value],
      ]),
    ),
  };
}
