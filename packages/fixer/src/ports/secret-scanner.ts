// Finds secrets in the text of a file: token formats of known services.

export interface SecretFinding {
  /** 1-based. */
  line: number;
  /** What it looks like, in words; never the value. */
  note: string;
}

export interface SecretScanner {
  scan(path: string, text: string): Promise<SecretFinding[]>;
}
