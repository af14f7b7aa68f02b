// Token formats that their issuers made recognisable, and the shape of a redaction rule.

export interface RedactionRule {
  /** What the text becomes: `[redacted:kind]`. */
  kind: string;
  /** Text of which one piece stands, in any case, in every match: without it the pattern is not tried. */
  hints: readonly string[];
  /**
   * Global, and linear in time: every repetition is bounded, so that a hostile line cannot hang the reader. Where there is a group named `secret`, that group alone is the secret; otherwise the whole match.
   */
  pattern: RegExp;
  /** A closer look at a match; false lets it stand. */
  isSecret?: (secret: string, match: RegExpExecArray) => boolean;
  /** True for formats that cannot be mistaken for anything else: these are also sought in lines that were wrapped. */
  isUnmistakable?: boolean;
}

/** Formats that their issuer made recognisable. Sources: the providers' documentation of their keys. */
const tokenFormats: [kind: string, hint: string, source: string][] = [
  [
    'aws-key',
    'A',
    String.raw`(?<![A-Za-z0-9])(?:AKIA|ASIA|AIDA|AROA|AGPA|ANPA|ANVA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])`,
  ],
  ['github-token', 'gh', String.raw`(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{30,255}`],
  ['github-token', 'github_pat_', String.raw`github_pat_[A-Za-z0-9_]{22,255}`],
  [
    'gitlab-token',
    'gl',
    String.raw`(?<![A-Za-z0-9])(?:glpat|glptt|gldt|glrt|glcbt|glft|glsoat|glagent|gloas|glimt|GR1348941)-?[\w-]{20,255}`,
  ],
  ['slack-token', 'xox', String.raw`xox[abceoprs](?:\.xox[abp])?-[\w-]{10,255}`],
  ['slack-token', 'xapp-', String.raw`xapp-\d-[\w-]{10,255}`],
  [
    'slack-webhook',
    'hooks.slack.com',
    String.raw`hooks\.slack\.com/(?<secret>(?:services|workflows|triggers)/[\w/+-]{20,255})`,
  ],
  [
    'discord-webhook',
    'webhooks/',
    String.raw`discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/(?<secret>\d{15,21}/[\w-]{40,100})`,
  ],
  ['discord-token', '.', String.raw`(?<![\w.-])[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,38}(?![\w.-])`],
  ['stripe-key', '_', String.raw`(?<![A-Za-z0-9])[srp]k_(?:live|test|prod)_[A-Za-z0-9]{10,255}`],
  ['webhook-secret', 'whsec_', String.raw`whsec_[A-Za-z0-9+/=]{16,255}`],
  ['google-key', 'AIza', String.raw`AIza[\w-]{35}`],
  ['google-token', 'ya29.', String.raw`ya29\.[\w.-]{20,2000}`],
  ['google-token', '1//0', String.raw`(?<![\w/])1//0[\w-]{30,200}`],
  ['google-secret', 'GOCSPX-', String.raw`GOCSPX-[\w-]{20,60}`],
  ['npm-token', 'npm_', String.raw`(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36}`],
  ['pypi-token', 'pypi-', String.raw`pypi-[\w-]{40,500}`],
  ['anthropic-key', 'sk-ant-', String.raw`sk-ant-[\w-]{20,255}`],
  [
    'openai-key',
    'sk-',
    String.raw`(?<![A-Za-z0-9_-])sk-(?:(?:proj|svcacct|admin|None|or-v1)-[\w-]{20,255}|[A-Za-z0-9]{20,255})`,
  ],
  ['huggingface-token', 'hf_', String.raw`(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,60}`],
  ['ai-key', '_', String.raw`(?<![A-Za-z0-9])(?:r8|gsk|pplx|xai|nvapi|fw)[_-][A-Za-z0-9_-]{32,200}`],
  ['telegram-token', ':', String.raw`(?<![0-9A-Za-z_:.-])(?:bot)?\d{6,12}:[A-Za-z0-9_-]{32,40}(?![A-Za-z0-9_-])`],
  [
    'jwt',
    'eyJ',
    String.raw`(?<![A-Za-z0-9_-])eyJ[\w-]{8,4000}\.(?:eyJ)?[\w-]{4,8000}\.[\w-]{0,2000}(?:\.[\w-]{1,4000}\.[\w-]{1,2000})?`,
  ],
  ['twilio-key', '', String.raw`(?<![A-Za-z0-9])(?:SK|AC)[0-9a-f]{32}(?![0-9A-Za-z])`],
  ['sendgrid-key', 'SG.', String.raw`SG\.[\w-]{16,64}\.[\w-]{16,128}`],
  ['mailgun-key', 'key-', String.raw`(?<![A-Za-z0-9-])key-[0-9a-f]{32}(?![0-9a-f])`],
  ['mailchimp-key', '-us', String.raw`(?<![0-9a-f])[0-9a-f]{32}-us\d{1,2}(?!\d)`],
  ['sendinblue-key', 'xkeysib-', String.raw`xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}`],
  ['azure-secret', 'Q~', String.raw`(?<![\w~.-])[\w~.-]{3}\dQ~[\w~.-]{31,34}(?![\w~-])`],
  ['digitalocean-token', '_v1_', String.raw`do[opr]_v1_[0-9a-f]{64}`],
  ['shopify-token', 'shp', String.raw`shp(?:at|ca|pa|ss|ua|rt)_[0-9a-fA-F]{32}`],
  ['square-token', 'sq0', String.raw`sq0[a-z]{3}-[\w-]{22,60}`],
  ['square-token', 'EAAA', String.raw`(?<![A-Za-z0-9])EAAA[\w-]{60}(?![\w-])`],
  ['databricks-token', 'dapi', String.raw`(?<![A-Za-z0-9])dapi[0-9a-f]{32}`],
  ['linear-key', 'lin_', String.raw`lin_(?:api|oauth)_[A-Za-z0-9]{32,64}`],
  ['notion-token', '_', String.raw`(?<![A-Za-z0-9])(?:ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{43})(?![A-Za-z0-9])`],
  ['postman-key', 'PMAK-', String.raw`PMAK-[0-9a-f]{24}-[0-9a-f]{34}`],
  ['doppler-token', 'dp.', String.raw`(?<![\w.])dp\.(?:pt|st|ct|sa|scim|audit)\.[\w.-]{40,80}`],
  ['vault-token', 'hv', String.raw`(?<![A-Za-z0-9])hv[sbr]\.[\w-]{20,300}`],
  ['atlassian-token', 'ATATT3', String.raw`ATATT3[\w=-]{50,300}`],
  ['terraform-token', '.atlasv1.', String.raw`[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}`],
  ['newrelic-key', 'NR', String.raw`(?<![A-Za-z0-9])NR(?:AK|JS|AA|II|IQ)-[A-Za-z0-9]{20,60}`],
  ['sentry-token', 'sntry', String.raw`sntry[su]_[\w+/=-]{40,300}`],
  ['grafana-token', 'gl', String.raw`(?<![A-Za-z0-9])gl(?:sa|c)_[A-Za-z0-9_+/=]{32,300}`],
  ['planetscale-token', 'pscale_', String.raw`pscale_(?:pw|tkn|oauth)_[\w.=-]{32,64}`],
  ['supabase-token', 'sb', String.raw`(?<![A-Za-z0-9])(?:sbp_[0-9a-f]{40}|sb_secret_[\w-]{20,100})`],
  ['docker-token', 'dckr_', String.raw`dckr_(?:pat|oat)_[\w-]{20,100}`],
  ['rubygems-key', 'rubygems_', String.raw`rubygems_[0-9a-f]{48}`],
  ['figma-token', 'fig', String.raw`(?<![A-Za-z0-9])fig[dou]_[\w-]{40,80}`],
  ['dropbox-token', 'sl.', String.raw`(?<![\w.])sl\.(?:u\.)?[\w-]{100,2000}`],
  ['razorpay-key', 'rzp_', String.raw`rzp_(?:live|test)_[A-Za-z0-9]{14}`],
  ['plaid-token', 'access-', String.raw`access-(?:sandbox|development|production)-[0-9a-f-]{36}`],
  ['age-key', 'AGE-SECRET-KEY-', String.raw`AGE-SECRET-KEY-1[0-9A-Z]{58}`],
  ['netlify-token', 'nf', String.raw`(?<![A-Za-z0-9])nf[pocu]_[A-Za-z0-9]{36,60}`],
  ['cloudflare-key', 'v1.0-', String.raw`v1\.0-[0-9a-f]{24}-[0-9a-f]{146}`],
  ['heroku-key', 'HRKU-', String.raw`HRKU-[\w-]{36,80}`],
  ['fly-token', 'fm', String.raw`(?<![A-Za-z0-9])fm[12][ar]?_[A-Za-z0-9+/=_-]{60,2000}`],
  ['airtable-token', 'pat', String.raw`(?<![A-Za-z0-9])pat[A-Za-z0-9]{14}\.[0-9a-f]{64}`],
  ['okta-token', 'SSWS', String.raw`SSWS (?<secret>[\w-]{20,80})`],
  ['telegram-token', 'api.telegram.org', String.raw`api\.telegram\.org/(?:file/)?bot(?<secret>[^\s/"'<>]{8,100})`],
];

export const tokenRules: readonly RedactionRule[] = tokenFormats.map(([kind, hint, source]) => ({
  kind,
  hints: hint === '' ? [] : [hint.toLowerCase()],
  pattern: new RegExp(source, 'g'),
  isUnmistakable: !/discord|telegram|twilio|mailchimp|azure/.test(kind),
}));
