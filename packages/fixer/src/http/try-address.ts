// Listens at an address for a moment and answers nothing, to see whether the service could.
import { createHttpServer } from '@levautofix/service-kit/http-server';
import express from 'express';

/** @throws the fault that a start would end with. */
export async function tryAddress(address: { host: string; port: number }): Promise<void> {
  const server = createHttpServer(express(), address);
  await server.start?.();
  await server.stop?.();
}
