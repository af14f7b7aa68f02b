// The command line, configuration and environment of Codex: headless, with nothing of the person's own set-up.

export interface CodexArguments {
  /** Thread to continue; null begins one. */
  threadId: string | null;
  schemaFile: string;
  isContained: boolean;
  model: string | undefined;
}

/** The prompt goes in on standard input. */
export function codexArguments({ threadId, schemaFile, isContained, model }: CodexArguments): string[] {
  return [
    'exec',
    '--json',
    '--skip-git-repo-check',
    '--color=never',
    // Inside our own boundary a second one would not start; outside, Codex's own is the only one there is.
    ...(isContained
      ? ['-s', 'danger-full-access']
      : [
          '-s',
          'workspace-write',
          '-c',
          'sandbox_workspace_write.exclude_slash_tmp=true',
          '-c',
          'sandbox_workspace_write.exclude_tmpdir_env_var=true',
        ]),
    // Without it the key in the environment reaches every command the model runs.
    ...['-c', 'shell_environment_policy.inherit="core"'],
    ...['--output-schema', schemaFile],
    ...(model === undefined ? [] : ['-m', model]),
    ...(threadId === null ? ['-'] : ['resume', threadId, '-']),
  ];
}

/** `$CODEX_HOME/config.toml`. JSON strings are TOML strings. */
export function codexConfiguration({
  baseUrl,
  keyName,
  model,
}: {
  baseUrl: string;
  keyName: string;
  model: string | undefined;
}): string {
  return `${model === undefined ? '' : `model = ${JSON.stringify(model)}\n`}model_provider = "levautofix"
approval_policy = "never"
web_search = "disabled"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.levautofix]
name = "levautofix"
base_url = ${JSON.stringify(baseUrl)}
wire_api = "responses"
env_key = ${JSON.stringify(keyName)}
request_max_retries = 1
stream_max_retries = 1
`;
}
