// The absence of a boundary, chosen aloud with SANDBOX=off: programs run as they are, contained by nothing.
import type { ProcessSpec } from '../../ports/process-runner.js';
import type { Enclosure, Sandbox } from '../../ports/sandbox.js';

export class NoSandbox implements Sandbox {
  readonly kind = 'none';

  enclose(spec: ProcessSpec, _enclosure: Enclosure): ProcessSpec {
    return spec;
  }
}
