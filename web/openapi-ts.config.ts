import { existsSync } from 'node:fs';
import { defineConfig } from '@hey-api/openapi-ts';

// The console's only knowledge of the API: everything in app/api comes from the committed document.
const document = '../openapi.json';
const input = process.env.OPENAPI ?? document;
if (!existsSync(input)) throw new Error(`${input} is missing: write it first with the server's own command`);

export default defineConfig({
  input,
  output: { path: process.env.GENERATED ?? 'app/api', entryFile: true },
  logs: { file: false },
  plugins: [
    '@hey-api/client-fetch',
    '@hey-api/typescript',
    '@hey-api/sdk',
    { name: '@tanstack/react-query', queryOptions: true, queryKeys: true, mutationOptions: false, infiniteQueryOptions: false },
  ],
});
