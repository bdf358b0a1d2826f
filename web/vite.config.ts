import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.STREAMWRIGHT_URL ?? 'http://127.0.0.1:8460';

const proxy = { '/api': { target: server, changeOrigin: false } };

export default defineConfig({
  // Assets are found from <base href> in index.html, so the server may serve the console below any path.
  base: './',
  plugins: [react()],
  // `npm run dev` and `vite preview` speak to a server (or the mock) at STREAMWRIGHT_URL.
  server: { port: 5173, strictPort: true, proxy },
  preview: { proxy },
  build: {
    target: 'es2023',
    chunkSizeWarningLimit: 900,
  },
  test: {
    // Files that need a browser say so in their first line: jsdom is slow to begin.
    environment: 'node',
    include: ['app/**/*.test.{ts,tsx}'],
    testTimeout: 60_000,
  },
});
