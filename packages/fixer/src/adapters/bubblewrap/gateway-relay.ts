// The inner end of a gateway: a loopback port inside the box that leads to the one socket that crosses its border.
import { gatewaySocketPath } from './box-arguments.js';

/** Listens first and starts the program then, so that nobody has to guess when the port is ready. */
const program = `
const net = require('node:net');
const { spawn } = require('node:child_process');
const [socketPath, port, command, ...args] = process.argv.slice(1);
const server = net.createServer({ allowHalfOpen: true }, (inner) => {
  const outer = net.connect({ path: socketPath, allowHalfOpen: true });
  inner.on('error', () => outer.destroy());
  outer.on('error', () => inner.destroy());
  inner.on('close', () => outer.destroy());
  outer.on('close', () => inner.destroy());
  inner.pipe(outer).pipe(inner);
});
server.on('error', (error) => {
  console.error('The gateway port cannot be opened inside the sandbox: ' + error.message);
  process.exit(125);
});
server.listen(Number(port), '127.0.0.1', () => {
  const child = spawn(command, args, { stdio: 'inherit' });
  child.on('error', (error) => {
    console.error(command + ' could not be started inside the sandbox: ' + error.message);
    process.exit(127);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 128 + (require('node:os').constants.signals[signal] ?? 0) : code));
});
`;

export function relayArguments(nodePath: string, port: number): string[] {
  return [nodePath, '-e', program, gatewaySocketPath, String(port)];
}
